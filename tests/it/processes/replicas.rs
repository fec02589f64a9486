//! Two replicas on one PostgreSQL, behind one address: paused, killed and cut off from the database in turn.

use std::process::Stdio;
use std::time::Duration;

use featurebase_bouncer::store::audit::{Action, Filter};

use super::kills::{NO_BRAKE, check_history, settled, write_some};
use super::{Process, Site, patience_after, rules, until, until_within};
use crate::bot::free_port;
use crate::database::Database;
use crate::wire::{Line, Wire};

/// In the gate; `BOUNCER_TEST_ROUNDS=300` goes on for longer.
const ROUNDS: usize = 8;

/// What befalls one replica while the other goes on.
#[derive(Debug, Clone, Copy)]
enum Blow {
    /// It stands still for longer than its leases last, and does not notice.
    Pause,
    Kill,
    /// Its connections to the database break, and no new one comes about.
    CutOff,
    /// Its connections to the database stay, and nothing comes through.
    Unheard,
}

/// One of two bouncers, with a line of its own to the database.
struct Replica {
    environment: Vec<(&'static str, String)>,
    port: u16,
    private: u16,
    database: Wire,
    process: Process,
}

impl Replica {
    async fn new(site: &Site, name: &str) -> Self {
        let mut server = url::Url::parse(&site.database.url()).unwrap();
        let database = Wire::to(server.port().unwrap()).await;
        server.set_port(Some(database.port)).unwrap();
        let folder = site.database.folder.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let (port, private) = (free_port(), free_port());
        let environment = vec![
            ("BOUNCER_LISTEN", format!("127.0.0.1:{port}")),
            ("BOUNCER_PRIVATE_LISTEN", format!("127.0.0.1:{private}")),
            ("BOUNCER_DATABASE_URL", server.to_string()),
            ("BOUNCER_DATA_DIR", folder.display().to_string()),
        ];
        let process = starts(site, &environment);
        Self {
            environment,
            port,
            private,
            database,
            process,
        }
    }

    async fn is_ready(&self) {
        let url = format!("http://127.0.0.1:{}/readyz", self.private);
        until("the replica is ready", async || {
            reqwest::get(&url)
                .await
                .is_ok_and(|answer| answer.status() == 200)
        })
        .await;
    }

    fn suffers(&mut self, blow: Blow) {
        match blow {
            Blow::Pause => self.process.signal("STOP"),
            Blow::Kill => self.process.kill(),
            Blow::CutOff => self.database.set(Line::Cut),
            Blow::Unheard => self.database.set(Line::Mute),
        }
    }

    async fn recovers(&mut self, site: &Site, blow: Blow) {
        match blow {
            Blow::Pause => self.process.signal("CONT"),
            Blow::Kill => self.process = starts(site, &self.environment),
            Blow::CutOff | Blow::Unheard => self.database.set(Line::Whole),
        }
        assert!(!self.process.has_ended(), "{blow:?} does not end it");
        self.is_ready().await;
    }
}

fn starts(site: &Site, environment: &[(&'static str, String)]) -> Process {
    let child = site
        .command(&["run"])
        .envs(environment.iter().map(|(name, value)| (*name, value)))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Process { child }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paused_killed_and_cut_off_in_turn_two_replicas_lose_nothing_and_do_nothing_twice() {
    let seed = std::env::var("BOUNCER_TEST_SEED")
        .map_or_else(|_| fastrand::u64(..), |given| given.parse().unwrap());
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let rounds =
        std::env::var("BOUNCER_TEST_ROUNDS").map_or(ROUNDS, |given| given.parse().unwrap());
    let site = Site::new(
        Database::postgres().await,
        &format!("{NO_BRAKE}{}", rules()),
        600,
    )
    .await;
    let mut pair = [
        Replica::new(&site, "first").await,
        Replica::new(&site, "second").await,
    ];
    let _balancer = Wire::between(
        site.public,
        pair.iter().map(|replica| replica.port).collect(),
    )
    .await;
    for replica in &pair {
        replica.is_ready().await;
    }
    site.sandbox.run_deliveries();
    let blows = [Blow::Pause, Blow::Kill, Blow::CutOff, Blow::Unheard];
    for round in 0..rounds {
        let blow = blows[round / 2 % blows.len()];
        let victim = &mut pair[round % 2];
        write_some(&site.sandbox, &mut random, Duration::from_millis(200)).await;
        victim.suffers(blow);
        // Leases last two seconds here: now and then the other one takes over.
        let long = Duration::from_millis(random.u64(300..4_000));
        write_some(&site.sandbox, &mut random, long).await;
        victim.recovers(&site, blow).await;
    }
    let store = site.database.store().await;
    until_within(
        patience_after(10 * rounds),
        "everything settles",
        async || settled(&site, &store).await,
    )
    .await;
    for replica in &mut pair {
        assert_eq!(
            replica.process.terminate(),
            Some(0),
            "a soft stop ends well"
        );
    }
    let seen = check_history(&site.sandbox, &store).await;
    assert!(seen.acknowledged > 100 && seen.blocks > 20, "only {seen:?}");
    let failed = store
        .audit(
            &Filter {
                action: Some(Action::GaveUp),
                ..Filter::default()
            },
            10,
        )
        .await
        .unwrap();
    assert!(failed.is_empty(), "nothing is given up: {failed:?}");
}
