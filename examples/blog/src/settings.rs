//! What the environment says.

use std::env;
use std::time::Duration;

use limbeck::Migrator;

use crate::Outcome;

/// Settings of one process.
#[derive(Debug)]
pub struct Settings {
    /// `DATABASE_URL`; where that is not set, a debug build has a throwaway database.
    pub database: Database,
    /// `PORT`, 8080 unless set; 0 is any that is free.
    pub port: u16,
    /// `HEALTH_PORT`, 8081 unless set; 0 is any that is free.
    pub health_port: u16,
    /// `REQUIRE_CURRENT`: what is done on boot.
    pub on_boot: OnBoot,
    /// `MIGRATION_BUDGET_SECONDS`: how long that may take.
    pub budget: Option<Duration>,
}

/// What is done on boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBoot {
    /// Everything pending is applied.
    Migrate,
    /// A database that is behind is refused: a job of its own migrates.
    RequireCurrent,
}

/// The database, with what must live as long as it is used.
#[derive(Debug)]
pub struct Database {
    /// Where it is.
    pub url: String,
    #[cfg(debug_assertions)]
    _throwaway: Option<(limbeck::server::Server, limbeck::server::Database)>,
}

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    /// When a variable says what cannot be, or no database can be had.
    pub fn read() -> Outcome<Self> {
        let on_boot = match variable("REQUIRE_CURRENT")?.as_deref() {
            None | Some("0" | "false") => OnBoot::Migrate,
            Some("1" | "true") => OnBoot::RequireCurrent,
            Some(other) => {
                return Err(format!("`REQUIRE_CURRENT` is `{other}`; it is 1 or 0").into());
            }
        };
        Ok(Self {
            port: number("PORT")?.unwrap_or(8080),
            health_port: number("HEALTH_PORT")?.unwrap_or(8081),
            budget: number("MIGRATION_BUDGET_SECONDS")?.map(Duration::from_secs),
            on_boot,
            database: Database::open(variable("DATABASE_URL")?)?,
        })
    }

    /// A migrator that keeps to them.
    #[must_use]
    pub fn limit(&self, migrator: Migrator) -> Migrator {
        match self.budget {
            Some(budget) => migrator.time_budget(budget),
            None => migrator,
        }
    }
}

impl Database {
    #[cfg(debug_assertions)]
    fn open(url: Option<String>) -> limbeck::Result<Self> {
        use limbeck::server::{Fetch, Server, ServerOptions};

        if let Some(url) = url {
            let _throwaway = None;
            return Ok(Self { url, _throwaway });
        }
        let server = Server::start(&ServerOptions {
            fetch: Fetch::Allowed,
            ..ServerOptions::default()
        })?;
        let database = server.create_database("blog")?;
        println!("`DATABASE_URL` is not set: this is a throwaway database, gone with the process");
        Ok(Self {
            url: database.url(),
            _throwaway: Some((server, database)),
        })
    }

    #[cfg(not(debug_assertions))]
    fn open(url: Option<String>) -> Result<Self, &'static str> {
        let url = url.ok_or("`DATABASE_URL` is not set")?;
        Ok(Self { url })
    }
}

/// A variable, if it is set and not empty.
fn variable(name: &str) -> Result<Option<String>, String> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(format!("`{name}` is no text")),
    }
}

fn number<T: std::str::FromStr>(name: &str) -> Result<Option<T>, String> {
    let Some(value) = variable(name)? else {
        return Ok(None);
    };
    match value.trim().parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(format!("`{name}` is `{value}`, which is no number for it")),
    }
}
