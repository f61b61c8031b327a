//! SOAP 1.1 and 1.2 envelopes and Cisco CUCM AXL without IO: requests and answers, client and server halves.
