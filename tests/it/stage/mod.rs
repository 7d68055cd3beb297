//! The stage of a test: a real broker process on a real database, with a reference ENT and a reference publisher.

mod broker;
mod clock;
mod database;
mod federation;
mod load;
mod play;
mod ports;

pub use broker::{Broker, Exit, passerelle, passerelle_in};
pub use clock::off_by;
pub use database::{Database, Engine};
pub use federation::{ATLAS, CLIENT, COLLEGE, Federation, LYCEE, in_days};
pub use play::{Ending, Stage, person, roles};
pub use ports::{free_port, free_ports};

/// Each of these functions takes an [`Engine`]; each becomes a test on SQLite and a test on PostgreSQL.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::stage::Engine::Sqlite).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::stage::Engine::Postgres).await;
            })+
        }
    };
}
pub(crate) use on_both_engines;
