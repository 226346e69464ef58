//! For tests: an HTTP server that gives prepared answers, and counts the requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(super) struct HttpServer {
    port: u16,
    requests: Arc<AtomicUsize>,
}

impl HttpServer {
    /// Starts a server that gives the answers one after the other, and then the last one again and again. It hangs up after
    /// each, and an empty one is no answer.
    pub(super) async fn start<A: Into<String>>(answers: impl IntoIterator<Item = A>) -> Self {
        let answers: Vec<String> = answers.into_iter().map(Into::into).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                read_request(&mut stream).await;
                let index = counted.fetch_add(1, Ordering::SeqCst);
                let answer = answers.get(index).or(answers.last()).expect("an answer");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { port, requests }
    }

    /// A port on which nobody listens.
    pub(super) async fn none() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        format!("http://{address}")
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Returns an answer with a status, lines of headers and a body of JSON.
pub(super) fn answer(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    )
}

/// Reads the head and as much of a body as it announces, so that the end of the connection is no reset.
async fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece).await {
            Ok(length @ 1..) => request.extend_from_slice(&piece[..length]),
            _ => return,
        }
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let announced = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse())?
                .ok()
        });
        let chunked = head
            .to_ascii_lowercase()
            .contains("transfer-encoding: chunked");
        let complete = if chunked {
            body.ends_with("0\r\n\r\n")
        } else {
            body.len() >= announced.unwrap_or(0usize)
        };
        if complete {
            return;
        }
    }
}
