//! Digests of content and of chains: SHA-256 with every part length-prefixed.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};
use crate::revision::RevisionId;
use crate::token;

/// The version of the algorithms here, stored beside each digest.
pub const DIGEST_VERSION: i16 = 1;

/// A SHA-256 digest, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || Error::new(ErrorKind::Directory, "a digest is 64 hexadecimal digits");
        if text.len() != 64 || !text.is_ascii() {
            return Err(bad());
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| bad())?;
        }
        Ok(Self(bytes))
    }
}

/// Digests the steps of a script's way up, one after the other.
pub struct ContentHasher(hmac_sha256::Hash);

impl ContentHasher {
    /// A hasher that has seen nothing.
    #[expect(
        clippy::new_without_default,
        reason = "an empty digest is never meant by accident"
    )]
    pub fn new() -> Self {
        let mut hash = hmac_sha256::Hash::new();
        hash.update(b"limbeck content 1");
        Self(hash)
    }

    /// SQL counts by its tokens: comments, line ends and spaces outside literals do not.
    pub fn sql(&mut self, sql: &str) -> &mut Self {
        for token in token::significant(sql) {
            self.part(b't', token.as_bytes());
        }
        self
    }

    /// A closure, or whatever else has no text, counts by its name.
    pub fn named(&mut self, name: &str) -> &mut Self {
        self.part(b'n', name.as_bytes());
        self
    }

    /// The digest of all that was added.
    pub fn finish(&self) -> Digest {
        Digest(self.0.finalize())
    }

    fn part(&mut self, tag: u8, bytes: &[u8]) {
        self.0.update([tag]);
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }
}

/// The content digest of a revision whose way up is one SQL text.
pub fn sql_digest(sql: &str) -> Digest {
    ContentHasher::new().sql(sql).finish()
}

/// H(parents' chain digests in the order of their ids, id, content digest).
pub fn chain_digest(parents: &[Digest], id: &RevisionId, content: &Digest) -> Digest {
    let mut hasher = ContentHasher::new();
    for parent in parents {
        hasher.part(b'p', &parent.0);
    }
    hasher.part(b'i', id.as_str().as_bytes());
    hasher.part(b'c', &content.0);
    hasher.finish()
}
