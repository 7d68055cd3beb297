//! The command line: every command, its arguments, and one sentence about each.

mod directory;
mod licences;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use time::Date;
use time::macros::format_description;

pub use directory::{Directory, Epoch, Identifiers, Move, Who};
pub use licences::{Assign, Recover, Seats};

use crate::access::RoleName;
use crate::keys::Purpose;
use crate::operate::subject::Identity;

/// Interoperability gateway and resource broker for schools.
#[derive(Debug, Parser)]
#[command(name = "passerelle", version, about)]
pub struct Cli {
    /// The configuration file. Environment variables `PASSERELLE_…` win over it.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve launches until SIGTERM.
    Serve,
    /// Start a broker with a reference ENT and a reference publisher, all on this machine, to click through.
    Demo(Demo),
    /// Make the registrations what a federation file says: all of it, or nothing.
    Apply(Apply),
    /// Make, list and rotate the broker's keys.
    #[command(subcommand)]
    Keys(Keys),
    /// Make, list, shut and reset the accounts of those who work at the console, and of programs.
    #[command(subcommand)]
    Accounts(Accounts),
    /// Make, list and revoke the tokens of programs that call the API.
    #[command(subcommand)]
    Tokens(Tokens),
    /// Write everything but the master key to a file, while brokers serve.
    Backup {
        /// The file to write. One that is there is never overwritten.
        file: PathBuf,
    },
    /// Fill an empty database, of either engine, from a backup.
    Restore {
        /// The backup.
        file: PathBuf,
    },
    /// Fix, export and verify the journal of launches.
    #[command(subcommand)]
    Journal(Journal),
    /// Take in what others send in files.
    #[command(subcommand)]
    Import(Import),
    /// Tell what is held about a person and what was sent about them, or erase them.
    #[command(subcommand)]
    Person(Person),
    /// Bring a restored database up to its ledger of erasures, and tell publishers whom they must delete.
    #[command(subcommand)]
    Erasures(Erasures),
    /// Mend who is who: people whom ENTs name twice, wrongly, or anew.
    #[command(subcommand)]
    Directory(Directory),
    /// Look for what an operator should know, and say who can mend it.
    Doctor {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Tell what became of a launch, by the number that its page shows.
    Trace(Trace),
    /// Tell how the launch of a resource by a person would end now. Nothing is written.
    DryRun(DryRun),
    /// Assign a subscription to people by name, who get a seat, and to sets of people: all of it, or nothing.
    Assign(Assign),
    /// Take assignments back, and with them their seats.
    Unassign(Assign),
    /// Take seats back, so that others may have them.
    Recover(Recover),
    /// Tell how many seats a subscription has, how many are used, and which sets it is assigned to.
    Seats(Seats),
    /// Print the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print a JSON schema.
    #[command(subcommand)]
    Schema(Schema),
}

/// `demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// The broker's port; operations, ENT and publisher take the next three.
    #[arg(long, default_value_t = 8600)]
    pub port: u16,
    /// Where to keep the demo's data; a temporary folder when absent.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Let the three call each other `broker.localhost`, `ent.localhost` and `publisher.localhost`, so that a browser
    /// treats them as different sites.
    #[arg(long)]
    pub names: bool,
    /// Start, walk one launch through, and stop.
    #[arg(long)]
    pub once: bool,
}

/// `apply`
#[derive(Debug, Args)]
pub struct Apply {
    /// The federation file.
    pub file: PathBuf,
    /// Print the plan and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Withdraw what an earlier file brought and this one leaves out.
    #[arg(long)]
    pub prune: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `import`
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Make what an ENT says of its schools, people and groups count.
    Roster(ImportRoster),
}

/// `import roster`
#[derive(Debug, Args)]
pub struct ImportRoster {
    /// The archive (`.tar.gz`), with its `.md5` beside it. Without one, those leave who are held at the schools of --confirm.
    #[arg(required_unless_present = "confirm")]
    pub archive: Option<PathBuf>,
    /// The ENT, by our id; the one whose code stands in the archive's name when absent.
    #[arg(long, value_name = "ID")]
    pub ent: Option<String>,
    /// Confirm that those who are missing from this school have left; several times for several schools.
    #[arg(long, value_name = "UAI")]
    pub confirm: Vec<String>,
    /// Write the report into this folder: report.json, schools.csv, records.csv.
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `trace`
#[derive(Debug, Args)]
pub struct Trace {
    /// The launch id.
    #[arg(value_name = "LAUNCH_ID")]
    pub launch: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `dry-run`
#[derive(Debug, Args)]
pub struct DryRun {
    /// The ENT, by our id.
    #[arg(long)]
    pub ent: String,
    /// The namespace of its people, as its connection names it.
    #[arg(long)]
    pub namespace: String,
    /// The person's key in the namespace.
    #[arg(long)]
    pub subject: String,
    /// The resource.
    #[arg(long, value_name = "ARK_OR_KEY")]
    pub resource: String,
    /// The school that the ENT would name.
    #[arg(long, value_name = "UAI")]
    pub school: Option<String>,
    /// The deployment that the ENT would use; one that fits the school when absent.
    #[arg(long, value_name = "ID")]
    pub deployment: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `person`
#[derive(Debug, Subcommand)]
pub enum Person {
    /// Tell what is held about a person now, and what was sent about them.
    Show {
        /// The person: our id of the ENT, the namespace of its people, their key in it.
        #[arg(value_name = "ENT/NAMESPACE/SUBJECT")]
        who: Identity,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write the same as a document to be given to the person: HTML in French unless asked otherwise.
    Export(ExportPerson),
    /// Erase a person for ever. Whoever comes back is somebody new.
    Erase {
        /// The person: our id of the ENT, the namespace of its people, their key in it.
        #[arg(value_name = "ENT/NAMESPACE/SUBJECT")]
        who: Identity,
        /// That is meant; without it nothing is erased.
        #[arg(long)]
        yes: bool,
    },
}

/// `erasures`
#[derive(Debug, Subcommand)]
pub enum Erasures {
    /// Say whether the database knows every erasure of its ledger.
    Status,
    /// Erase in a restored database whoever was erased since its backup was taken.
    Replay,
    /// Begin a new ledger where the old one is lost. No backup from before can ever be served again.
    Renew {
        /// That is understood.
        #[arg(long)]
        yes: bool,
    },
    /// List what a sector is told: its own value of each person who was erased.
    Notices {
        /// The sector.
        sector: String,
        /// Those that it has acknowledged too.
        #[arg(long)]
        all: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take note that a sector has deleted what it had of these people.
    Acknowledge {
        /// The sector.
        sector: String,
        /// The notices.
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
}

/// `person export`
#[derive(Debug, Args)]
pub struct ExportPerson {
    /// The person: our id of the ENT, the namespace of its people, their key in it.
    #[arg(value_name = "ENT/NAMESPACE/SUBJECT")]
    pub who: Identity,
    /// Write JSON.
    #[arg(long)]
    pub json: bool,
    /// Write in English.
    #[arg(long, conflicts_with = "json")]
    pub english: bool,
    /// Where to write it; to standard output when absent. A file that is there is never overwritten.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `keys`
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Make the keys that are missing, and the master key file where it is named and absent.
    Init,
    /// List the keys: purpose, state, id, age, and what happens next.
    List,
    /// Begin to replace keys: a new one is known to everybody for an hour, then used. Running brokers do the rest.
    Rotate(Rotate),
    /// Seal every key anew under the first line of the master key, so that older lines may go.
    Rewrap,
}

/// `keys rotate`
#[derive(Debug, Args)]
pub struct Rotate {
    /// lti-platform, lti-tool, carrier, journal or people; all of them when absent.
    #[arg(value_parser = purpose)]
    pub purpose: Option<Purpose>,
    /// The old keys may have leaked: use the new one at once and forget the old ones. Peers that keep our key set refuse
    /// until they read it again, half an hour at most; launches that carriers carry begin again. The public half of an
    /// old journal key stays published for ever, because what it signed must verify.
    #[arg(long, requires = "purpose")]
    pub now: bool,
}

fn purpose(name: &str) -> Result<Purpose, String> {
    let names = Purpose::ALL.map(Purpose::as_str).join(", ");
    Purpose::named(name).ok_or_else(|| format!("the purposes are {names}"))
}

/// `accounts`
#[derive(Debug, Subcommand)]
pub enum Accounts {
    /// Make an account and print, once, the link with which it is enrolled; or a client, which has keys instead.
    Add(AddAccount),
    /// List the accounts: name, role, and whether they are enrolled or shut.
    List,
    /// Shut an account. Its sessions and tokens count no more from that moment on.
    Disable {
        /// The account.
        account: String,
    },
    /// Open an account again that was shut.
    Enable {
        /// The account.
        account: String,
    },
    /// Take password, authenticator and sessions from an account, and print, once, the link with which it is enrolled anew.
    Reset {
        /// The account.
        account: String,
    },
}

/// `accounts add`
#[derive(Debug, Args)]
pub struct AddAccount {
    /// Its name: op-…, dpo-…, auditor-…, school-…, publisher-… or client-…; an office, not a person.
    pub account: String,
    /// In which role it works.
    #[arg(long, value_parser = role)]
    pub role: RoleName,
    /// A school that it works for (UAI); again for each further one.
    #[arg(long, value_name = "UAI")]
    pub school: Vec<String>,
    /// The publisher that it works for.
    #[arg(long, value_name = "ID")]
    pub organisation: Option<String>,
    /// What a client may ask for, such as subscriptions:read; again for each further one.
    #[arg(long, value_name = "SCOPE")]
    pub scope: Vec<String>,
    /// Where a client publishes its keys.
    #[arg(long, value_name = "URL", conflicts_with = "jwks")]
    pub jwks_uri: Option<url::Url>,
    /// A file with a client's key set, for one that publishes none.
    #[arg(long, value_name = "FILE")]
    pub jwks: Option<PathBuf>,
}

/// `tokens`
#[derive(Debug, Subcommand)]
pub enum Tokens {
    /// Make a token and print it, once.
    Add(AddToken),
    /// List the tokens: id, account, role, scopes, until when they count, and when they were used last.
    List,
    /// Take a token away. It counts no more from that moment on.
    Revoke {
        /// The token's id, as `tokens list` shows it.
        id: String,
    },
}

/// `tokens add`
#[derive(Debug, Args)]
pub struct AddToken {
    /// As which account it works, in that account's role; it counts as long as the account does.
    #[arg(long, conflicts_with = "role", required_unless_present = "role")]
    pub account: Option<String>,
    /// In which role it works, as a program of its own.
    #[arg(long, value_parser = role)]
    pub role: Option<RoleName>,
    /// A school that it works for (UAI); again for each further one.
    #[arg(long, value_name = "UAI")]
    pub school: Vec<String>,
    /// The publisher that it works for.
    #[arg(long, value_name = "ID")]
    pub organisation: Option<String>,
    /// What it is good for, such as subscriptions:read; again for each further one.
    #[arg(long, value_name = "SCOPE", required = true)]
    pub scope: Vec<String>,
    /// The last day on which it counts (in Paris, such as 2027-08-31); without an end when absent.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub expires: Option<Date>,
}

fn role(name: &str) -> Result<RoleName, String> {
    let names = RoleName::ALL.map(RoleName::as_str).join(", ");
    RoleName::named(name).ok_or_else(|| format!("the roles are {names}"))
}

/// `journal`
#[derive(Debug, Subcommand)]
pub enum Journal {
    /// Sign now what every chain holds, as a running broker does every hour.
    Checkpoint,
    /// Write what the journal holds of one school into a file that the school can verify by itself.
    Export(Export),
    /// Verify an export, or the whole journal of the database where no file is named.
    Verify(Verify),
}

/// `journal export`
#[derive(Debug, Args)]
pub struct Export {
    /// The school's number (UAI).
    #[arg(long, value_name = "UAI")]
    pub school: String,
    /// Show events from this day on (in Paris, such as 2026-09-01); the others stand there by their digest.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub from: Option<Date>,
    /// Show events until this day and no later.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub until: Option<Date>,
    /// Where to write it; to standard output when absent.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `journal verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// The export.
    pub file: Option<PathBuf>,
    /// The broker's published journal keys (`/.well-known/passerelle-journal.json`); the database's own when absent.
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
}

fn day(text: &str) -> Result<Date, String> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| "not a day, such as 2026-09-01".to_owned())
}

/// `config`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print a file with every key, its default and one sentence.
    Default,
}

/// `schema`
#[derive(Debug, Subcommand)]
pub enum Schema {
    /// The federation file.
    Federation,
    /// The REST API, as an OpenAPI document.
    Openapi,
}
