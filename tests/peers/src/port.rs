//! A loopback port that nobody else gets.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

/// A port that is bound for as long as this lives, but not listened on. A server that sets `SO_REUSEADDR`, as servers
/// do, can listen there, and as long as none does, connections are refused.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _reserved: Socket,
}

impl Port {
    /// Takes a free one.
    pub fn reserve() -> io::Result<Self> {
        Self::bind(0)
    }

    /// Takes two that follow one another, for servers that count upwards by themselves.
    pub fn reserve_pair() -> io::Result<(Self, Self)> {
        let mut tries = 0;
        loop {
            let first = Self::reserve()?;
            match first.number.checked_add(1).map(Self::bind) {
                Some(Ok(second)) => return Ok((first, second)),
                _ if tries < 100 => tries += 1,
                _ => return Err(io::ErrorKind::AddrNotAvailable.into()),
            }
        }
    }

    fn bind(number: u16) -> io::Result<Self> {
        let reserved = socket(number)?;
        let number = reserved
            .local_addr()?
            .as_socket()
            .map_or(0, |address| address.port());
        Ok(Self {
            number,
            _reserved: reserved,
        })
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The whole address.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.number))
    }

    /// Listens there.
    pub fn listen(&self) -> io::Result<tokio::net::TcpListener> {
        let listener = socket(self.number)?;
        listener.listen(1024)?;
        listener.set_nonblocking(true)?;
        tokio::net::TcpListener::from_std(listener.into())
    }
}

fn socket(port: u16) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    Ok(socket)
}
