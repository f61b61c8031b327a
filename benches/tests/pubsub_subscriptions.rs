//! What subscriptions of the publish-subscribe service ask of the allocator, counted.

use allocation_counter::measure;
use benches::subscribers::{Subscribers, requests};

const SUBSCRIPTIONS: usize = 20_000;
/// All that a subscription of one user keeps, his address included.
const MOST: i64 = 512;

#[test]
fn a_subscription_takes_less_than_half_a_kibibyte() {
    let mut subscribers = Subscribers::none();
    let mut each = Vec::new();
    for slice in 0..4 {
        let requests = requests(slice * SUBSCRIPTIONS..(slice + 1) * SUBSCRIPTIONS);
        let kept = measure(|| subscribers.subscribe(&requests)).bytes_current;
        drop(requests);
        each.push(kept / i64::try_from(SUBSCRIPTIONS).unwrap_or(i64::MAX));
    }
    println!("{each:?} bytes a subscription");
    assert_eq!(subscribers.counted(), 4 * SUBSCRIPTIONS);
    assert!(each.iter().all(|each| *each < MOST), "{each:?} bytes");
}
