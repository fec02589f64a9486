//! An HTTP/1.1 client that does nothing but what the bench needs, so that it costs little beside the servers it measures.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One connection, kept open.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// Where in the buffer an answer's body stands.
struct Answer {
    status: u16,
    body: std::ops::Range<usize>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(4096),
        })
    }

    /// Sends a request as it stands and reads the answer. Gives its status.
    pub async fn send(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        Ok(self.answer().await?.status)
    }

    /// Asks for a page. Gives the status and the page.
    pub async fn get(&mut self, path: &str) -> io::Result<(u16, String)> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        self.stream.write_all(request.as_bytes()).await?;
        let answer = self.answer().await?;
        let body = self.buffer.get(answer.body).unwrap_or_default();
        Ok((answer.status, String::from_utf8_lossy(body).into_owned()))
    }

    async fn answer(&mut self) -> io::Result<Answer> {
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(answer) = Answer::read(&self.buffer)? {
                return Ok(answer);
            }
        }
    }
}

impl Answer {
    /// Nothing while it has not arrived whole. Only answers that announce their length are understood.
    fn read(bytes: &[u8]) -> io::Result<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(None);
        };
        let (head, body) = (bytes.get(..end).unwrap_or_default(), end + 4);
        let status = head.get(9..12).and_then(number);
        let length = head.split(|byte| *byte == b'\n').find_map(length_in);
        let (Some(status), Some(length)) = (status, length) else {
            return Err(io::Error::other("an answer that is not understood"));
        };
        Ok((bytes.len() >= body + length).then_some(Self {
            status,
            body: body..body + length,
        }))
    }
}

fn length_in(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    name.eq_ignore_ascii_case(NAME)
        .then(|| number(value.trim_ascii()))?
}

fn number<N: std::str::FromStr>(digits: &[u8]) -> Option<N> {
    str::from_utf8(digits).ok()?.parse().ok()
}
