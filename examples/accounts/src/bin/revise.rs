//! What `limbeck` asks for the models of this library: a library has no `main` of its own.

use limbeck::prelude::*;

fn main() -> limbeck::Result<()> {
    Migrator::new(accounts::bundle()).cli()
}
