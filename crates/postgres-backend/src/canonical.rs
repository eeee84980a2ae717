//! placeholder
use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use limbeck_core::schema::lower::Declared;
use limbeck_core::{Result, Schema};

use crate::scratch::Scratch;

pub(crate) fn canonicalize<C>(
    connection: &mut C,
    declared: &Declared,
    live: &Schema,
    scratch: &mut dyn FnMut() -> Result<Scratch>,
) -> Result<Declared>
where
    C: LoadConnection<Backend = Pg>,
{
    let _ = (connection, live, scratch);
    Ok(declared.clone())
}
