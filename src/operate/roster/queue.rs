//! What is to be written, in the order in which it came, and as much of it at a time as a transaction may have.

use std::collections::VecDeque;

use super::compare::Put;
use super::store::{Batch, RowKey};

/// One thing to write.
enum Step {
    Put(Box<Put>),
    End(RowKey),
    Leave(RowKey),
    Hold(RowKey),
    Reopen(RowKey),
    Drop(RowKey),
}

impl Step {
    /// How many rows it writes.
    fn weight(&self) -> usize {
        match self {
            Self::Put(put) if put.row.root.is_some() => 4,
            Self::Put(put) => 1 + usize::from(put.ends.is_some()),
            Self::Leave(_) => 2,
            Self::End(_) | Self::Hold(_) | Self::Reopen(_) | Self::Drop(_) => 1,
        }
    }
}

/// What is to be written.
#[derive(Default)]
pub(super) struct Queue {
    steps: VecDeque<Step>,
    weight: usize,
}

impl Queue {
    fn push(&mut self, step: Step) {
        self.weight += step.weight();
        self.steps.push_back(step);
    }

    pub fn put(&mut self, put: Put) {
        self.push(Step::Put(Box::new(put)));
    }

    pub fn end(&mut self, key: RowKey) {
        self.push(Step::End(key));
    }

    pub fn leave(&mut self, key: RowKey) {
        self.push(Step::Leave(key));
    }

    pub fn hold(&mut self, key: RowKey) {
        self.push(Step::Hold(key));
    }

    pub fn reopen(&mut self, key: RowKey) {
        self.push(Step::Reopen(key));
    }

    pub fn drop(&mut self, key: RowKey) {
        self.push(Step::Drop(key));
    }

    /// Adds what another one holds behind what this one does.
    pub fn append(&mut self, other: &mut Self) {
        self.weight += std::mem::take(&mut other.weight);
        self.steps.append(&mut other.steps);
    }

    /// How many rows wait.
    pub const fn weight(&self) -> usize {
        self.weight
    }

    /// Takes as much as a transaction of so many rows may have, and at least one step.
    pub fn take(&mut self, rows: usize) -> Option<Batch> {
        let mut batch = Batch::default();
        let mut taken = 0;
        while let Some(step) = self.steps.front() {
            let weight = step.weight();
            if taken > 0 && taken + weight > rows {
                break;
            }
            taken += weight;
            match self.steps.pop_front() {
                Some(Step::Put(put)) => {
                    batch.ends.extend(put.ends);
                    batch.rows.push(put.row);
                }
                Some(Step::End(key)) => batch.ends.push(key),
                Some(Step::Leave(key)) => batch.leaves.push(key),
                Some(Step::Hold(key)) => batch.held.push(key),
                Some(Step::Reopen(key)) => batch.reopened.push(key),
                Some(Step::Drop(key)) => batch.dropped.push(key),
                None => break,
            }
        }
        self.weight -= taken;
        (taken > 0).then_some(batch)
    }
}
