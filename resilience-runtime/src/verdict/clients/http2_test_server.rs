//! For tests: a server that speaks just as much HTTP/2 as it takes to refuse, reset or abandon a request.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the server does when a request has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    /// `RST_STREAM` with the code `REFUSED_STREAM`.
    Refuse,
    /// `RST_STREAM` with `INTERNAL_ERROR`.
    Reset,
    /// `RST_STREAM` with `CANCEL`.
    Cancel,
    /// `GOAWAY` without an error, that has not taken the request.
    GoAwayBelow,
    /// `GOAWAY` with `ENHANCE_YOUR_CALM`, that has not taken the request.
    CalmDownBelow,
    /// `GOAWAY` that has taken the request, and the end of the connection.
    GoAwayAbove,
    /// `GOAWAY` with `INTERNAL_ERROR` that has taken the request, and the end of the connection.
    FailAbove,
    /// The end of the connection.
    HangUp,
}

impl Reaction {
    pub(super) const ALL: [Self; 8] = [
        Self::Refuse,
        Self::Reset,
        Self::Cancel,
        Self::GoAwayBelow,
        Self::CalmDownBelow,
        Self::GoAwayAbove,
        Self::FailAbove,
        Self::HangUp,
    ];

    pub(super) fn proves_that_nothing_ran(self) -> bool {
        matches!(self, Self::Refuse | Self::GoAwayBelow | Self::CalmDownBelow)
    }

    /// The frame for the request on stream `id`.
    fn frame(self, id: u32) -> Option<Vec<u8>> {
        const RST_STREAM: u8 = 3;
        const GOAWAY: u8 = 7;
        let (kind, last, code): (_, _, u32) = match self {
            Self::Refuse => (RST_STREAM, None, 0x7),
            Self::Reset => (RST_STREAM, None, 0x2),
            Self::Cancel => (RST_STREAM, None, 0x8),
            Self::GoAwayBelow => (GOAWAY, Some(0), 0x0),
            Self::CalmDownBelow => (GOAWAY, Some(0), 0xb),
            Self::GoAwayAbove => (GOAWAY, Some(id), 0x0),
            Self::FailAbove => (GOAWAY, Some(id), 0x2),
            Self::HangUp => return None,
        };
        let mut payload = last.map_or(Vec::new(), |last: u32| last.to_be_bytes().to_vec());
        payload.extend(code.to_be_bytes());
        let stream = if last.is_some() { 0 } else { id };
        Some(frame(kind, stream, &payload))
    }

    fn hangs_up(self) -> bool {
        matches!(self, Self::GoAwayAbove | Self::FailAbove | Self::HangUp)
    }
}

pub(super) struct Http2Server {
    port: u16,
    requests: Arc<AtomicUsize>,
}

impl Http2Server {
    /// Starts a server that reacts to each request on each connection in this way.
    pub(super) async fn start(reaction: Reaction) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, reaction, Arc::clone(&counted)));
            }
        });
        Self { port, requests }
    }

    /// How many whole requests have arrived.
    #[cfg(any(feature = "reqwest", feature = "reqwest-0_12"))]
    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }
}

async fn serve(
    mut stream: TcpStream,
    reaction: Reaction,
    requests: Arc<AtomicUsize>,
) -> io::Result<()> {
    const HEADERS: u8 = 1;
    const DATA: u8 = 0;
    const SETTINGS: u8 = 4;
    const END_STREAM: u8 = 1;
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await?;
    stream.write_all(&frame(SETTINGS, 0, &[])).await?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).expect("24 bits")];
        stream.read_exact(&mut payload).await?;
        let (kind, flags) = (head[3], head[4]);
        let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        // The whole request has arrived.
        if !matches!(kind, HEADERS | DATA) || flags & END_STREAM == 0 {
            continue;
        }
        requests.fetch_add(1, Ordering::SeqCst);
        if let Some(frame) = reaction.frame(id) {
            stream.write_all(&frame).await?;
        }
        if reaction.hangs_up() {
            return Ok(());
        }
    }
}

fn frame(kind: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short frame");
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend([kind, 0]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}
