//! What each choice of features brings into a build, read from `cargo tree`.

use std::collections::BTreeSet;
use std::process::Command;

/// The crates in a build of the library with some features.
fn crates(features: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", "limbeck", "--offline"])
        .args(["--no-default-features", "--features", features])
        .args(["--edges", "normal,build", "--prefix", "none"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

#[track_caller]
fn without(features: &str, unwanted: &[&str]) {
    let crates = crates(features);
    assert!(crates.contains("diesel"), "{features}: {crates:?}");
    let found: Vec<_> = unwanted
        .iter()
        .filter(|name| crates.contains(**name))
        .collect();
    assert!(found.is_empty(), "`{features}` brings {found:?}");
}

const LIBPQ: [&str; 4] = ["pq-sys", "pq-src", "openssl-sys", "diesel_migrations"];
const ASYNC: [&str; 4] = ["diesel-async", "tokio", "tokio-postgres", "futures-util"];
const TLS: [&str; 4] = ["rustls", "tokio-rustls", "ring", "rustls-native-certs"];

#[test]
fn an_asynchronous_build_is_without_libpq() {
    without("async", &LIBPQ);
    without("async-tls", &LIBPQ);
    assert!(crates("async").contains("diesel-async"));
    // So that the names above are those that would stand there.
    assert!(crates("postgres").contains("pq-sys"));
    assert!(crates("bundled").contains("pq-src"));
}

#[test]
fn a_synchronous_build_is_without_a_runtime() {
    without("postgres", &ASYNC);
    without("postgres", &TLS);
    without("postgres,r2d2", &ASYNC);
}

#[test]
fn tls_is_brought_where_it_is_asked_for() {
    without("async", &TLS);
    assert!(TLS.iter().all(|name| crates("async-tls").contains(*name)));
    // A build needs a C compiler at most.
    without("async-tls", &["aws-lc-sys", "cmake", "bindgen"]);
}
