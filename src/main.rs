//! The command line: parse, dispatch, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    featurebase_bouncer::cli::main()
}
