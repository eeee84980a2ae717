//! The application on diesel-async and deadpool.

use std::process::ExitCode;

use blog::health::Health;
use blog::serve::{ended, serve};
use blog::settings::{OnBoot, Settings};
use blog::store::{AsyncPool, async_pool};
use blog::{Outcome, exit};
use limbeck::prelude::*;

#[tokio::main]
async fn main() -> ExitCode {
    exit(run().await)
}

async fn run() -> Outcome {
    // First of all: `limbeck …` asks here for the models. An ordinary start goes on.
    blog::migrator().cli()?;
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let settings = Settings::read()?;
    let migrator = settings.limit(blog::migrator());
    let health = Health::of(&migrator);
    let address = health.listen(settings.health_port).await?;
    println!("health on http://{address}/readyz");

    let pool = async_pool(&settings.database.url)?;
    let mut ended = Box::pin(ended());
    tokio::select! {
        booted = boot(&migrator, &pool, settings.on_boot) => booted?,
        // The revision that runs is then done as a whole or not at all.
        () = &mut ended => return Ok(()),
    }
    serve(pool, settings.port, &health, ended).await
}

/// What must hold before the port is opened.
async fn boot(migrator: &Migrator, pool: &AsyncPool, on_boot: OnBoot) -> Outcome {
    // What waiting for a connection takes, is taken from the time budget.
    let migrator = migrator.clone().budget_from_now();
    let mut connection = migrator.connecting_async(pool.get()).await?;
    let report = match on_boot {
        OnBoot::Migrate => migrator.run_pending_async(&mut connection).await?,
        OnBoot::RequireCurrent => migrator.require_current_async(&mut connection).await?,
    };
    println!("{report}");
    migrator.verify_async(&mut connection).await?;
    Ok(())
}
