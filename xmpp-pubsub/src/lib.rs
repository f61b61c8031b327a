//! XMPP stanzas, streams and XEP-0060 publish-subscribe without IO: codec, client and an embeddable service.
