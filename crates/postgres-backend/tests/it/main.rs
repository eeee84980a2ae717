//! Tests of the backend against a real server, each in a database of its own.

<<<<<<< HEAD
#[cfg(unix)]
mod server;
=======
mod ddl;
>>>>>>> 9ab6a2f (ddl: render operations as reviewable SQL)
mod support;
