//! The command line. The only room, with the sandbox's and the demo's view, that prints.

mod alert;
mod args;
mod ask;
mod backup;
mod brakes;
mod confirm;
mod doctor;
mod explain;
mod forgetting;
mod health;
mod ledger;
mod orders;
mod out;
mod past;
mod questions;
mod reconcile;
mod record;
mod rule_list;
mod rulebooks;
mod rules;
mod rules_status;
mod sandbox;
mod schema;
mod search;
mod secret_file;
mod undo;
mod webhook;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use crate::config::{Config, Environment, Need, environment};
use crate::desk::Desk;
use crate::store::Store;
use crate::telemetry::start_log;
use crate::time::Clock;
use crate::{demo, drill, server};
use args::{
    AlertCommand, Args, BackupCommand, BrakeCommand, Command, ConfigCommand, ContactCommand,
    HoldCommand, RulesCommand,
};
use out::{Out, say};

/// The exit code of something that was looked at and found wanting, such as rules with problems.
const WANTING: u8 = 1;
/// The exit code of something that could not be done.
const FAILED: u8 = 2;
/// How long the end waits for what still runs aside.
const LAST_MOMENT: Duration = Duration::from_millis(500);

/// Runs the program with the arguments it was started with.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    past::step_back(&args.command);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            out::complain(&format!("the program cannot start: {error}"));
            return ExitCode::from(FAILED);
        }
    };
    let code = runtime.block_on(async {
        match dispatch(args).await {
            Ok(code) => code,
            Err(error) => {
                out::complain(&format!("{error:#}"));
                ExitCode::from(FAILED)
            }
        }
    });
    // A file system that hangs holds no thread of ours back from the end.
    runtime.shutdown_timeout(LAST_MOMENT);
    code
}

async fn dispatch(args: Args) -> anyhow::Result<ExitCode> {
    let environment = environment();
    let out = Out { json: args.json };
    let setup = Setup {
        file: args.config,
        environment,
    };
    if let Command::Audit(options) = &args.command
        && options.whole.is_some()
    {
        anyhow::ensure!(
            !options.is_search(),
            "this command is about the whole record and takes no search; if a search was meant, put all of it between quotation marks after `--`: bouncer audit -- 'export'"
        );
        if let Some(verify) = record::needs_nothing(options.whole.as_ref()) {
            return record::verify_file(verify, out);
        }
    }
    match args.command {
        Command::Run => {
            let Some(config) = setup.read(Need::Everything) else {
                return Ok(ExitCode::from(FAILED));
            };
            start_log(config.log, &config.log_filter);
            server::run(&config).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Doctor(options) => Ok(doctor::doctor(&setup, &options, out).await),
        Command::Explain(options) => Ok(explain::explain(&options, out)),
        Command::Demo(options) => demo::run(options).await,
        Command::Sandbox(options) => sandbox::sandbox(options).await,
        Command::Backup(BackupCommand::Verify(options)) => backup::verify(&options, out).await,
        Command::Trigger(options) => sandbox::trigger(options, &setup.environment, out).await,
        command => with_config(command, &setup, out).await,
    }
}

/// Commands that look at the rules or the store.
async fn with_config(command: Command, setup: &Setup, out: Out) -> anyhow::Result<ExitCode> {
    let Some(config) = setup.read(Need::NoSecrets) else {
        return Ok(ExitCode::from(FAILED));
    };
    match command {
        Command::Config(ConfigCommand::Show) => Ok(questions::config(&config, out)),
        Command::Check(options) => Ok(rules::check(&config, &options, Clock::system().now(), out)),
        Command::Try(options) => Ok(rules::try_text(&config, &options, out)),
        Command::Schema(options) => schema::schema(&config, &options, out),
        Command::Rules(RulesCommand::Status) => rules_status::status(&config, out).await,
        Command::Webhook(command) => webhook::webhook(&config, command, out).await,
        Command::Health => health::health(&config).await,
        Command::Alert(AlertCommand::Test) => alert::test(&config, out).await,
        Command::Drill(options) => drill(&config, &options, out).await,
        Command::Backup(BackupCommand::Restore(options)) => {
            backup::restore(&config, options, out).await
        }
        Command::Stop(options) => orders::stop(&config, &options, out).await,
        Command::Go(options) => orders::go(&config, &options, out).await,
        command => {
            let desk = desk(&config).await?;
            let done = at_desk(command, &desk, &config, out).await;
            desk.store.close().await;
            done
        }
    }
}

async fn at_desk(
    command: Command,
    desk: &Desk,
    config: &Config,
    out: Out,
) -> anyhow::Result<ExitCode> {
    match command {
        Command::Audit(options) => match options.whole {
            Some(what) => record::whole(desk, config, what, out).await,
            None => search::audit(desk, *options, out).await,
        },
        Command::Backup(BackupCommand::Create(options)) => {
            backup::create(desk, config, &options, out).await
        }
        Command::Backtest(options) => past::backtest(desk, config, &options, out).await,
        Command::History(options) => search::history(desk, &options, out).await,
        Command::Why(options) => questions::why(desk, &options, out).await,
        Command::Contact(ContactCommand::Unblock(options)) => {
            orders::unblock(desk, config, &options, out).await
        }
        Command::Rules(RulesCommand::List(options)) => {
            rule_list::list(desk, config, &options, out).await
        }
        Command::Rules(RulesCommand::History(options)) => {
            rulebooks::history(desk, &options, out).await
        }
        Command::Rules(RulesCommand::Diff(options)) => {
            rulebooks::compare(desk, config, &options, out).await
        }
        Command::Rules(RulesCommand::Show(options)) => {
            rulebooks::show(desk, config, &options, out).await
        }
        Command::Rules(RulesCommand::Rollback(options)) => {
            rulebooks::rollback(desk, config, &options, out).await
        }
        Command::Rules(RulesCommand::Ledger(options)) => ledger::ledger(desk, &options, out).await,
        Command::Undo(options) => undo::undo(desk, config, &options, out).await,
        Command::Confirm(command) => confirm::confirm(desk, command, out).await,
        Command::Reconcile(options) => reconcile::reconcile(desk, &options, out).await,
        Command::Hold(HoldCommand::List(options)) => questions::holds(desk, &options, out).await,
        Command::Hold(HoldCommand::Release(options)) => brakes::release(desk, &options, out).await,
        Command::Hold(HoldCommand::Confirm(options)) => {
            brakes::confirm(desk, config, &options, out).await
        }
        Command::Erase(options) => forgetting::erase(desk, options, out).await,
        Command::LegalHold(command) => forgetting::legal_hold(desk, command, out).await,
        Command::Forget(_) => forgetting::forget(desk, config, out).await,
        Command::Brake(BrakeCommand::List) => brakes::list(desk, out).await,
        Command::Brake(BrakeCommand::Release(options)) => brakes::let_go(desk, &options, out).await,
        _ => {
            say("nothing to do");
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn drill(
    config: &Config,
    options: &drill::DrillOptions,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let report = drill::run(&config.rules_dir, options).await?;
    out.answer(&report, report.lines());
    Ok(if report.passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(WANTING)
    })
}

/// Where the configuration comes from.
struct Setup {
    file: Option<std::path::PathBuf>,
    environment: Environment,
}

impl Setup {
    /// The configuration, or nothing after its problems have been told.
    fn read(&self, need: Need) -> Option<Config> {
        match Config::read(self.file.as_deref(), &self.environment, need) {
            Ok(config) => Some(config),
            Err(problems) => {
                out::complain_of(&problems);
                None
            }
        }
    }
}

async fn desk(config: &Config) -> anyhow::Result<Desk> {
    use anyhow::Context as _;
    if let crate::store::Location::Sqlite(path) = config.location()
        && !path.exists()
    {
        anyhow::bail!(
            "there is no store at {}: either `bouncer run` has never run here, or data_dir names another folder (set BOUNCER_DATA_DIR)",
            path.display()
        );
    }
    let (store, _) = Store::open(&config.location())
        .await
        .context("the store cannot be opened")?;
    Ok(Desk {
        store,
        clock: Clock::system(),
        exempt: config.exempt_after_unblock,
    })
}
