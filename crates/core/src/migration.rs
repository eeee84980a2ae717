//! A revision with what it does: the trait, and the form that most have, two SQL texts.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind, Result};
use crate::revision::Revision;
use crate::script::Script;

/// A revision with its two directions.
pub trait Migration: Send + Sync {
    /// Who it is.
    fn revision(&self) -> &Revision;

    /// Writes the way up.
    ///
    /// # Errors
    /// When the script cannot be made.
    fn upgrade(&self, script: &mut Script) -> Result<()>;

    /// Writes the way down.
    ///
    /// # Errors
    /// When there is no way down, or the script cannot be made.
    fn downgrade(&self, script: &mut Script) -> Result<()>;
}

/// A revision that is an `up.sql` and a `down.sql`.
#[derive(Clone, Debug)]
pub struct SqlMigration {
    /// Who it is.
    pub revision: Revision,
    /// The text of `up.sql`.
    pub up: Cow<'static, str>,
    /// The text of `down.sql`; `None` where there is no such file.
    pub down: Option<Cow<'static, str>>,
}

impl SqlMigration {
    /// The name of one of its files, for messages: `<directory>/up.sql`.
    fn file(&self, name: &str) -> String {
        match self.revision.directory.as_str() {
            "" => name.to_owned(),
            directory => format!("{directory}/{name}"),
        }
    }
}

impl Migration for SqlMigration {
    fn revision(&self) -> &Revision {
        &self.revision
    }

    fn upgrade(&self, script: &mut Script) -> Result<()> {
        script.sql_from(self.up.clone(), self.file("up.sql"));
        Ok(())
    }

    fn downgrade(&self, script: &mut Script) -> Result<()> {
        let Some(down) = &self.down else {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("revision `{}` has no way down", self.revision.id),
            )
            .with_hint(format!("write `{}`", self.file("down.sql")))
            .with_revision(self.revision.id.clone()));
        };
        script.sql_from(down.clone(), self.file("down.sql"));
        Ok(())
    }
}
