//! Patterns, `mut`, unused and unnamed arguments, `borrow`, and what each attempt receives.
#![deny(warnings)]

use std::cell::Cell;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

use resilience_runtime::resilient;

#[derive(Clone)]
struct Point {
    x: u8,
    y: String,
}

struct Guard;
struct NotClone(u8);

#[resilient(service = "s")]
async fn patterns(
    (a, mut b): (u8, String),
    Point { x, y }: Point,
    &(c, d): &(u8, u8),
    [e, .., f]: [u8; 4],
    (g, h): &(u8, String),
) -> io::Result<String> {
    b.push_str(&y);
    Ok(format!("{a}{b}{x}{c}{d}{e}{f}{g}{h}"))
}

#[resilient(service = "s")]
async fn mutable(
    mut n: u32,
    mut text: String,
    mut slice: &str,
    out: &mut Vec<u32>,
) -> io::Result<usize> {
    n += 1;
    text.push('x');
    slice = &slice[1..];
    out.push(n);
    Ok(text.len() + slice.len())
}

#[resilient(service = "s")]
async fn ignored(_: Guard, _guard: NotClone, used: u8) -> io::Result<u8> {
    Ok(used)
}

#[resilient(service = "s")]
async fn in_a_format_string(name: String, width: usize) -> io::Result<String> {
    Ok(format!("{name:width$}"))
}

#[resilient(service = "s", borrow(owned))]
async fn borrowed(owned: NotClone, other: String) -> io::Result<String> {
    Ok(other + &owned.0.to_string())
}

#[resilient(service = "s", retry = off)]
async fn used_up(owned: NotClone, mut text: String) -> io::Result<String> {
    let NotClone(n) = owned;
    text.push_str(&n.to_string());
    Ok(text)
}

#[resilient(service = "s")]
async fn not_sync(cell: Cell<u8>) -> io::Result<u8> {
    tokio::task::yield_now().await;
    Ok(cell.get())
}

#[resilient(service = "s")]
async fn raw(r#type: String) -> io::Result<String> {
    Ok(r#type)
}

#[resilient(service = "s")]
async fn own_names_do_not_clash(
    call: String,
    out: u8,
    attempt: u8,
    error: u8,
) -> io::Result<String> {
    let last = 1;
    Ok(format!("{call}{out}{attempt}{error}{last}"))
}

static CALLS: AtomicU32 = AtomicU32::new(0);

#[resilient(service = "fresh", retry(base_delay = "1ms", retry_if = |_| true))]
async fn each_attempt_starts_fresh(mut seen: Vec<u32>, all: &mut Vec<usize>) -> io::Result<usize> {
    seen.push(1);
    all.push(seen.len());
    if CALLS.fetch_add(1, Ordering::Relaxed) < 2 {
        return Err(io::Error::other("again"));
    }
    Ok(seen.len())
}

fn assert_send<T: Send>(value: T) -> T {
    value
}

#[tokio::main]
async fn main() {
    let point = Point {
        x: 3,
        y: "y".to_owned(),
    };
    assert_eq!(
        patterns(
            (1, "b".to_owned()),
            point,
            &(4, 5),
            [6, 0, 0, 7],
            &(8, "h".to_owned())
        )
        .await
        .unwrap(),
        "1by345678h"
    );
    let mut out = Vec::new();
    assert_eq!(mutable(1, "t".to_owned(), "sl", &mut out).await.unwrap(), 3);
    assert_eq!(out, [2]);
    assert_eq!(ignored(Guard, NotClone(0), 1).await.unwrap(), 1);
    assert_eq!(in_a_format_string("n".to_owned(), 2).await.unwrap(), "n ");
    assert_eq!(borrowed(NotClone(1), "o".to_owned()).await.unwrap(), "o1");
    assert_eq!(used_up(NotClone(1), "t".to_owned()).await.unwrap(), "t1");
    assert_eq!(assert_send(not_sync(Cell::new(1))).await.unwrap(), 1);
    assert_eq!(raw("t".to_owned()).await.unwrap(), "t");
    assert_eq!(
        own_names_do_not_clash("c".to_owned(), 1, 2, 3)
            .await
            .unwrap(),
        "c1231"
    );
    let mut all = Vec::new();
    assert_eq!(
        each_attempt_starts_fresh(Vec::new(), &mut all)
            .await
            .unwrap(),
        1
    );
    assert_eq!(all, [1, 1, 1]);
}
