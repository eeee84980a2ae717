//! A connection for code that blocks, in a thread of its own: whatever is asked of it is sent to the
//! task that has the asynchronous connection, and waited for there.
//!
//! So what exists once, for synchronous connections, serves the asynchronous ones too, and no thread of
//! the runtime is blocked. When the task gives up, whatever is asked fails.

use std::sync::mpsc as replies;

use diesel::connection::{
    CacheSize, Connection, ConnectionSealed, Instrumentation, InstrumentationEvent, LoadConnection,
    SimpleConnection, TransactionDepthChange, TransactionManager, TransactionManagerStatus,
};
use diesel::expression::QueryMetadata;
use diesel::pg::{Pg, PgMetadataLookup, PgQueryBuilder, PgTypeMetadata};
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::query_builder::{Query, QueryBuilder, QueryFragment, QueryId};
use diesel::result::{ConnectionError, ConnectionResult, DatabaseErrorKind, Error, QueryResult};
use diesel_async::{AsyncConnectionCore, AsyncPgConnection};
use tokio::sync::mpsc as requests;

/// The end in the thread.
pub(crate) struct Distant {
    ask: requests::UnboundedSender<Asked>,
    status: TransactionManagerStatus,
    instrumentation: fn(InstrumentationEvent<'_>),
}

/// Where the answer goes.
pub(super) type Reply<T> = replies::Sender<QueryResult<T>>;

/// A row as the asynchronous connection gives it.
pub(super) type PgRow = <AsyncPgConnection as AsyncConnectionCore>::Row<'static, 'static>;

/// What is asked for.
pub(super) enum Asked {
    Batch(String, Reply<()>),
    Load(Sent, Reply<Vec<PgRow>>),
    Begin(Reply<()>),
    Commit(Reply<()>),
    Rollback(Reply<()>),
}

/// A query on its way.
pub(super) struct Sent {
    pub(super) sql: String,
    /// The OID of the type of each parameter, and its value as Postgres takes it.
    pub(super) binds: Vec<(u32, Option<Vec<u8>>)>,
}

impl Distant {
    /// One end, and the other. So many transactions are open.
    pub(super) fn new(depth: u32) -> (Self, requests::UnboundedReceiver<Asked>) {
        let (ask, asked) = requests::unbounded_channel();
        let mut distant = Self {
            ask,
            status: TransactionManagerStatus::default(),
            instrumentation: |_| {},
        };
        for _ in 0..depth {
            // A new status takes any.
            let _ = distant.note(TransactionDepthChange::IncreaseDepth);
        }
        (distant, asked)
    }

    fn ask<T>(&self, asked: impl FnOnce(Reply<T>) -> Asked) -> QueryResult<T> {
        let (reply, answered) = replies::channel();
        self.ask.send(asked(reply)).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())?
    }

    fn note(&mut self, change: TransactionDepthChange) -> QueryResult<()> {
        self.status
            .transaction_state()?
            .change_transaction_depth(change)
    }
}

/// Whoever was on the other end is not there any more.
fn gone() -> Error {
    Error::DatabaseError(
        DatabaseErrorKind::UnableToSendCommand,
        Box::new("the run that this belongs to was given up".to_owned()),
    )
}

impl SimpleConnection for Distant {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.ask(|reply| Asked::Batch(query.to_owned(), reply))
    }
}

impl ConnectionSealed for Distant {}

impl Connection for Distant {
    type Backend = Pg;
    type TransactionManager = DistantTransactions;

    fn establish(_: &str) -> ConnectionResult<Self> {
        Err(ConnectionError::BadConnection(
            "it belongs to a run, and is not established by anybody".to_owned(),
        ))
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Pg> + QueryId,
    {
        let sent = sent(source)?;
        let rows = self.ask(|reply| Asked::Load(sent, reply))?;
        Ok(rows.len())
    }

    fn transaction_state(&mut self) -> &mut TransactionManagerStatus {
        &mut self.status
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        &mut self.instrumentation
    }

    fn set_instrumentation(&mut self, _: impl Instrumentation) {}

    fn set_prepared_statement_cache_size(&mut self, _: CacheSize) {}
}

impl LoadConnection for Distant {
    type Cursor<'conn, 'query> = std::vec::IntoIter<QueryResult<PgRow>>;
    type Row<'conn, 'query> = PgRow;

    fn load<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Pg> + QueryId + 'query,
        Pg: QueryMetadata<T::SqlType>,
    {
        let sent = sent(&source)?;
        let rows = self.ask(|reply| Asked::Load(sent, reply))?;
        Ok(rows.into_iter().map(Ok).collect::<Vec<_>>().into_iter())
    }
}

fn sent(source: &impl QueryFragment<Pg>) -> QueryResult<Sent> {
    let mut builder = PgQueryBuilder::default();
    source.to_sql(&mut builder, &Pg)?;
    let mut collector = RawBytesBindCollector::<Pg>::new();
    source.collect_binds(&mut collector, &mut KnownTypes, &Pg)?;
    let RawBytesBindCollector {
        metadata, binds, ..
    } = collector;
    let binds = metadata
        .iter()
        .zip(binds)
        .map(|(metadata, bytes)| {
            Ok((
                metadata
                    .oid()
                    .map_err(|error| Error::SerializationError(Box::new(error)))?,
                bytes,
            ))
        })
        .collect::<QueryResult<_>>()?;
    Ok(Sent {
        sql: builder.finish(),
        binds,
    })
}

/// Only Postgres's own types are sent, whose OIDs everybody knows.
struct KnownTypes;

impl PgMetadataLookup for KnownTypes {
    fn lookup_type(&mut self, _: &str, _: Option<&str>) -> PgTypeMetadata {
        PgTypeMetadata::new(0, 0)
    }
}

/// Transactions that the other end opens and ends.
pub(crate) struct DistantTransactions;

impl TransactionManager<Distant> for DistantTransactions {
    type TransactionStateData = TransactionManagerStatus;

    fn begin_transaction(conn: &mut Distant) -> QueryResult<()> {
        conn.ask(Asked::Begin)?;
        conn.note(TransactionDepthChange::IncreaseDepth)
    }

    fn rollback_transaction(conn: &mut Distant) -> QueryResult<()> {
        conn.note(TransactionDepthChange::DecreaseDepth)?;
        conn.ask(Asked::Rollback)
    }

    fn commit_transaction(conn: &mut Distant) -> QueryResult<()> {
        conn.note(TransactionDepthChange::DecreaseDepth)?;
        conn.ask(Asked::Commit)
    }

    fn transaction_manager_status_mut(conn: &mut Distant) -> &mut TransactionManagerStatus {
        &mut conn.status
    }
}
