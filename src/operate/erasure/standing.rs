//! Standing: what a database knows of its ledger.

/// What a database says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The ledger that it is tied to, by its id; `None` before it first served.
    pub ledger: Option<String>,
    /// The place of the last erasure that was done in it.
    pub sequence: i64,
}

/// How a database stands to the ledger that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It knows every erasure.
    Current,
    /// It does not, as after a restore.
    Behind {
        /// The last one that it knows.
        database: i64,
        /// The last one of the ledger.
        ledger: i64,
    },
    /// It knows more than the ledger.
    Ahead {
        /// The last one that it knows.
        database: i64,
        /// The last one of the ledger.
        ledger: i64,
    },
    /// It has a ledger, which is not there.
    Missing,
    /// The ledger that is there is another's.
    Foreign,
    /// The ledger was begun anew after it.
    Older {
        /// Where the ledger began.
        base: i64,
    },
}

impl Standing {
    /// How a database stands where no ledger is there.
    pub(super) fn without(applied: &Applied) -> Self {
        if applied.ledger.is_none() && applied.sequence == 0 { Self::Current } else { Self::Missing }
    }

    /// What that means and what to do.
    pub(super) fn told(&self, ledger: &str) -> String {
        match self {
            Self::Current => format!("the database knows every erasure of {ledger}"),
            Self::Behind { database, ledger: last } => format!(
                "people were erased whom this database still has: it knows the erasures up to {database}, the ledger \
                 {ledger} has {last}. It is an older backup; run `passerelle erasures replay`, which erases them here too"
            ),
            Self::Ahead { database, ledger: last } => format!(
                "the erasure ledger {ledger} has {last} erasures and this database knows {database}: lines of the ledger \
                 are lost. Put the newest copy of it back; where there is none, move this one away and run `passerelle \
                 erasures renew --yes`"
            ),
            Self::Missing => format!(
                "the erasure ledger of this database is not at {ledger}: set PASSERELLE_ERASURE_LEDGER to where it is. If \
                 it is lost for good, `passerelle erasures renew --yes` begins a new one; backups from before can then \
                 never be served again"
            ),
            Self::Foreign => format!(
                "{ledger} is the erasure ledger of another database: set PASSERELLE_ERASURE_LEDGER to the one that \
                 belongs to this one"
            ),
            Self::Older { base } => format!(
                "the erasure ledger {ledger} was begun anew after erasure {base}, and this database is from before it: \
                 nobody knows any more whom it would bring back. Take a newer backup"
            ),
        }
    }
}
