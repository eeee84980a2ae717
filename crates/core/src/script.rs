//! What a revision does: a list of steps. One of the two places where the wings meet.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::error::Result;
use crate::schema::operation::Operation;

/// The steps of one direction of a revision, in their order.
#[derive(Clone, Debug, Default)]
pub struct Script {
    steps: Vec<Step>,
}

/// One step of a script.
#[derive(Clone, Debug)]
pub enum Step {
    /// SQL text of one or more statements, and where it stands.
    Sql {
        /// The text.
        text: Cow<'static, str>,
        /// The file it came from, for messages; empty where it came from none.
        origin: String,
    },
    /// A change of the schema, rendered by the backend.
    Operation(Box<Operation>),
    /// A closure over a session.
    Data(DataStep),
    /// A closure over a session that is waited for.
    AsyncData(AsyncDataStep),
}

/// A closure that works on data.
#[derive(Clone)]
pub struct DataStep {
    /// Its name: what stands for it in digests, logs and offline scripts.
    pub name: String,
    /// What it cannot do without.
    pub needs: Needs,
    /// The closure.
    pub call: DataCall,
}

/// The closure of a data step.
pub type DataCall = Arc<dyn Fn(&mut dyn Session) -> Result<()> + Send + Sync>;

/// The asynchronous form of a [`DataStep`].
///
/// Both forms run on both kinds of connection. A driver that is asynchronous itself gives a
/// synchronous step a thread of its own; a driver that is not answers every call of an asynchronous
/// step at once.
#[derive(Clone)]
pub struct AsyncDataStep {
    /// Its name: what stands for it in digests, logs and offline scripts.
    pub name: String,
    /// What it cannot do without.
    pub needs: Needs,
    /// The closure.
    pub call: AsyncDataCall,
}

/// The closure of an asynchronous data step.
pub type AsyncDataCall =
    Arc<dyn for<'a> Fn(&'a mut dyn AsyncSession) -> SessionFuture<'a, ()> + Send + Sync>;

/// What is waited for in an asynchronous data step.
pub type SessionFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// What a data step cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// `execute` and `query` will do.
    Session,
    /// The backend's own connection (Diesel's for a synchronous step, that of diesel-async for an
    /// asynchronous one); refused beforehand where it cannot be had.
    Connection,
}

/// A connection as a data step sees it.
pub trait Session {
    /// Runs SQL for its effect.
    ///
    /// # Errors
    /// What the database answered.
    fn execute(&mut self, sql: &str) -> Result<()>;

    /// Runs one query and gives its rows, every value as Postgres writes it as text.
    ///
    /// # Errors
    /// What the database answered.
    fn query(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>>;

    /// The backend's own connection, for [`Needs::Connection`].
    fn connection(&mut self) -> Option<&mut dyn Any>;
}

/// A connection as an asynchronous data step sees it.
pub trait AsyncSession: Send {
    /// Runs SQL for its effect. Fails with what the database answered.
    fn execute<'a>(&'a mut self, sql: &'a str) -> SessionFuture<'a, ()>;

    /// Runs one query and gives its rows, every value as Postgres writes it as text. Fails with what
    /// the database answered.
    fn query<'a>(&'a mut self, sql: &'a str) -> SessionFuture<'a, Vec<Vec<Option<String>>>>;

    /// The backend's own connection, for [`Needs::Connection`].
    fn connection(&mut self) -> Option<&mut (dyn Any + Send)>;
}

impl Script {
    /// A script without steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds SQL.
    pub fn sql(&mut self, text: impl Into<Cow<'static, str>>) -> &mut Self {
        self.sql_from(text, "")
    }

    /// Adds SQL that stands in a file.
    pub fn sql_from(
        &mut self,
        text: impl Into<Cow<'static, str>>,
        origin: impl Into<String>,
    ) -> &mut Self {
        self.steps.push(Step::Sql {
            text: text.into(),
            origin: origin.into(),
        });
        self
    }

    /// Adds a change of the schema.
    pub fn operation(&mut self, operation: Operation) -> &mut Self {
        self.steps.push(Step::Operation(Box::new(operation)));
        self
    }

    /// Adds a closure that is content with [`Session`]'s methods.
    pub fn data(
        &mut self,
        name: impl Into<String>,
        call: impl Fn(&mut dyn Session) -> Result<()> + Send + Sync + 'static,
    ) -> &mut Self {
        self.data_step(DataStep {
            name: name.into(),
            needs: Needs::Session,
            call: Arc::new(call),
        })
    }

    /// Adds a closure with its needs.
    pub fn data_step(&mut self, step: DataStep) -> &mut Self {
        self.steps.push(Step::Data(step));
        self
    }

    /// Adds an asynchronous closure that is content with [`AsyncSession`]'s methods.
    ///
    /// ```
    /// let mut script = limbeck_core::Script::new();
    /// script.data_async("count the votes", |session| {
    ///     Box::pin(async move {
    ///         for row in session.query("SELECT id FROM posts").await? {
    ///             let id = row[0].as_deref().unwrap_or_default();
    ///             session
    ///                 .execute(&format!("UPDATE posts SET votes = 0 WHERE id = {id}"))
    ///                 .await?;
    ///         }
    ///         Ok(())
    ///     })
    /// });
    /// ```
    pub fn data_async(
        &mut self,
        name: impl Into<String>,
        call: impl for<'a> Fn(&'a mut dyn AsyncSession) -> SessionFuture<'a, ()> + Send + Sync + 'static,
    ) -> &mut Self {
        self.async_data_step(AsyncDataStep {
            name: name.into(),
            needs: Needs::Session,
            call: Arc::new(call),
        })
    }

    /// Adds an asynchronous closure with its needs.
    pub fn async_data_step(&mut self, step: AsyncDataStep) -> &mut Self {
        self.steps.push(Step::AsyncData(step));
        self
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

impl fmt::Debug for DataStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            needs,
            call: _,
        } = self;
        f.debug_struct("DataStep")
            .field("name", name)
            .field("needs", needs)
            .finish()
    }
}

impl fmt::Debug for AsyncDataStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            needs,
            call: _,
        } = self;
        f.debug_struct("AsyncDataStep")
            .field("name", name)
            .field("needs", needs)
            .finish()
    }
}
