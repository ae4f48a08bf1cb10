//! The service's side of the socket.

use std::io::{Error, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::socket::{MsgFlags, recv};

use super::wire::{Answer, Question, send, take};
use super::{Keep, KeepError, RootSecret};
use crate::tpm::witness::{Certificate, WitnessKey};

/// How long an answer may take: longer than the slowest TPM needs for what one question asks of it.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

/// Whoever asks the keeper.
pub struct Client {
    /// Where to connect; none for a keeper in this process, which is never connected to again.
    path: Option<PathBuf>,
    stream: Option<UnixStream>,
}

impl Client {
    /// Connects to the socket at `path` when there is something to ask, and anew after the keeper was restarted.
    pub fn at(path: PathBuf) -> Self {
        Self { path: Some(path), stream: None }
    }

    /// Over a connection that is there.
    pub(super) fn over(stream: UnixStream) -> Self {
        Self { path: None, stream: Some(stream) }
    }

    /// Asks once. What was asked may be an extension, so nothing is asked again by itself.
    fn ask(&mut self, question: &Question) -> Result<Answer, KeepError> {
        let silent = |error: Error| KeepError::Silent(error.to_string());
        let stream = match self.stream.take().filter(is_open) {
            Some(stream) => stream,
            None => self.connect().map_err(silent)?,
        };
        send(&stream, question).map_err(silent)?;
        let answer = take(&stream).map_err(silent)?;
        let answer = answer.ok_or_else(|| KeepError::Silent("it closed the connection".to_owned()))?;
        // Only a connection on which nothing is left to come is used again.
        self.stream = Some(stream);
        match answer {
            Answer::Refused { ref words } => Err(KeepError::Refused(words.clone())),
            answer => Ok(answer),
        }
    }

    fn connect(&self) -> Result<UnixStream, Error> {
        let path = self.path.as_ref().ok_or_else(|| Error::from(ErrorKind::BrokenPipe))?;
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(ANSWERS_WITHIN))?;
        stream.set_write_timeout(Some(ANSWERS_WITHIN))?;
        Ok(stream)
    }
}

/// Whether the other end still holds the connection, and has said nothing that was not asked for.
fn is_open(stream: &UnixStream) -> bool {
    let peeked = recv(stream.as_raw_fd(), &mut [0; 1], MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT);
    peeked == Err(nix::errno::Errno::EAGAIN)
}

impl Keep for Client {
    fn root_key(&mut self, sealed: Option<&[u8]>) -> Result<RootSecret, KeepError> {
        let mut answer = self.ask(&Question::RootKey { sealed: sealed.map(<[u8]>::to_vec) })?;
        answer.take_root().ok_or(KeepError::Answer)
    }

    fn raise_minimum(&mut self) -> Result<u64, KeepError> {
        match self.ask(&Question::RaiseMinimum)? {
            Answer::Minimum { version } => Ok(version),
            _ => Err(KeepError::Answer),
        }
    }

    fn witness_key(&mut self) -> Result<WitnessKey, KeepError> {
        match self.ask(&Question::WitnessKey)? {
            Answer::WitnessKey { ref area } => WitnessKey::from_area(area).ok_or(KeepError::Answer),
            _ => Err(KeepError::Answer),
        }
    }

    fn witness_value(&mut self) -> Result<[u8; 32], KeepError> {
        value(self.ask(&Question::WitnessValue)?)
    }

    fn witness_extend(&mut self, with: &[u8; 32]) -> Result<[u8; 32], KeepError> {
        value(self.ask(&Question::WitnessExtend { with: *with })?)
    }

    fn witness_certify(&mut self, about: &[u8; 32]) -> Result<Certificate, KeepError> {
        match self.ask(&Question::WitnessCertify { about: *about })? {
            Answer::WitnessCertificate { ref statement, ref signature } => {
                Ok(Certificate { statement: statement.clone(), signature: signature.clone() })
            }
            _ => Err(KeepError::Answer),
        }
    }
}

fn value(answer: Answer) -> Result<[u8; 32], KeepError> {
    match answer {
        Answer::WitnessValue { value } => Ok(value),
        _ => Err(KeepError::Answer),
    }
}
