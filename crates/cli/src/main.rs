//! The installed `limbeck`.

fn main() -> std::process::ExitCode {
    limbeck_cli::installed(std::env::args_os().skip(1))
}
