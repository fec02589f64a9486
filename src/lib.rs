//! Keeps spam out of a Featurebase inbox.
//!
//! A message meets the rooms in this order: [`webhook`] verifies a signed delivery and [`store`] has it on disk before
//! the answer leaves; [`worker`] files it ([`payload`] reads Featurebase's words), gathers what is known of the sender,
//! lets [`rules`] judge it, and writes the decision down; where that is a block, [`featurebase`] is asked, and what came
//! of it is written down, too. What is personal is kept under lock ([`seal`]); [`notary`] numbers and signs what is written
//! down, and [`proof`] lets anybody check it. [`alerts`] tells people what they must not miss. People come to the [`desk`],
//! by way of [`cli`]. [`rulewatch`] takes up edited rules; [`lookout`] notices when nothing comes, and finds what never
//! came; [`doctor`] looks at everything once.
//! [`server`] puts it all together; [`sandbox`] stands for Featurebase in the [`demo`], the [`drill`] and in tests.

pub mod time;

pub mod decision;
pub mod fingerprint;
pub mod message;
pub mod problem;
pub mod proof;
pub mod seal;

pub mod config;
pub mod telemetry;

pub mod payload;
pub mod rules;
pub mod store;

pub mod alerts;
pub mod featurebase;
pub mod lookout;
pub mod notary;
pub mod rulewatch;
pub mod webhook;
pub mod worker;

pub mod desk;
pub mod doctor;
pub mod server;

pub mod cli;
pub mod demo;
pub mod drill;
pub mod sandbox;
