//! The application on Diesel's own connections and r2d2.

use std::process::ExitCode;

use blog::health::Health;
use blog::serve::{ended, serve};
use blog::settings::{OnBoot, Settings};
use blog::store::{BlockingPool, blocking_pool};
use blog::{Outcome, exit};
use limbeck::prelude::*;

fn main() -> ExitCode {
    exit(run())
}

fn run() -> Outcome {
    // First of all: `limbeck …` asks here for the models. An ordinary start goes on.
    blog::migrator().cli()?;
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let settings = Settings::read()?;
    let migrator = settings.limit(blog::migrator());
    let health = Health::of(&migrator);
    let runtime = tokio::runtime::Runtime::new()?;
    let address = runtime.block_on(health.listen(settings.health_port))?;
    println!("health on http://{address}/readyz");

    // This thread is no worker of the runtime: it may block. Should the process be ended meanwhile,
    // the revision that runs is done as a whole or not at all.
    let pool = blocking_pool(&settings.database.url);
    boot(&migrator, &pool, settings.on_boot)?;
    runtime.block_on(serve(pool, settings.port, &health, ended()))
}

/// What must hold before the port is opened.
fn boot(migrator: &Migrator, pool: &BlockingPool, on_boot: OnBoot) -> Outcome {
    // What waiting for a connection takes, is taken from the time budget.
    let migrator = migrator.clone().budget_from_now();
    let mut connection = migrator.connecting_r2d2(pool)?;
    let report = match on_boot {
        OnBoot::Migrate => migrator.run_pending(&mut connection)?,
        OnBoot::RequireCurrent => migrator.require_current(&mut connection)?,
    };
    println!("{report}");
    migrator.verify(&mut connection)?;
    Ok(())
}
