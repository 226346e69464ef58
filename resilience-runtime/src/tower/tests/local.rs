//! Services whose futures stay on one thread, and those whose futures do not.

use std::cell::Cell;
use std::rc::Rc;

use ::tower::service_fn;

use super::*;

#[tokio::test(start_paused = true)]
async fn requests_that_are_not_send_stay_on_their_thread() {
    let service = service(<_>::default());
    let client =
        ResilienceLayer::new(&service)
            .local()
            .layer(service_fn(async |seen: Rc<Cell<u32>>| {
                seen.set(seen.get() + 1);
                match seen.get() {
                    1 => Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused)),
                    times => Ok(times),
                }
            }));
    let answer = client.oneshot(Rc::new(Cell::new(0))).await;
    assert_eq!(answer.expect("an answer"), 2);
}

#[test]
fn guarded_services_are_send_and_sync_where_the_inner_ones_are() {
    fn send_and_sync<T: Send + Sync + Clone + 'static>(_: &T) {}
    fn send<T: Send + 'static>(_: T) {}
    let service = service(<_>::default());
    let layer = ResilienceLayer::for_http(&service);
    send_and_sync(&layer);
    let client = layer.layer(service_fn(async |_: http::Request<String>| {
        Ok::<_, BoxError>(http::Response::new(()))
    }));
    send_and_sync(&client);
    send(client.oneshot(http::Request::new(String::new())));
}

#[test]
fn debug_shows_the_name_of_the_service_alone() {
    let service = service(<_>::default());
    let layer = ResilienceLayer::new(&service).rate_limit_key(|secret: &String| secret.clone());
    assert_eq!(
        format!("{layer:?}"),
        r#"ResilienceLayer { service: "api", .. }"#
    );
    let client = guarded(&service, &Backend::new([]));
    assert!(format!("{client:?}").starts_with("ResilienceService"));
}
