//! How long work reports and how it is asked to stop.

/// What a stage counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes read or written.
    Bytes,
    /// Clock cycles of a board, or predicted ones: what the time left is judged by.
    Cycles,
    /// Steps of equal kind: layers, images, commands.
    Steps,
}

/// Something that happened during long work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A stage begins; `total` units are expected.
    Begin {
        /// What is being done, such as `writing weights`.
        stage: &'a str,
        /// Units expected, 0 if unknown.
        total: u64,
        /// What is counted.
        unit: Unit,
    },
    /// The stage's current item, such as a layer's name.
    Item(&'a str),
    /// So many more units are done.
    Advance(u64),
    /// The stage is complete.
    End,
}

/// Long work was asked to stop, and did, leaving nothing half-written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Receives events and answers whether to stop. Implemented by whoever shows progress.
pub trait Progress: Sync {
    /// Takes an event; must be quick.
    fn event(&self, event: Event<'_>);
    /// True once the work should stop; polled often.
    fn interrupted(&self) -> bool {
        false
    }
}

impl dyn Progress + '_ {
    /// Begins a stage of `total` units.
    pub fn begin(&self, stage: &str, total: u64, unit: Unit) {
        self.event(Event::Begin { stage, total, unit });
    }

    /// Names the current item and polls for an interrupt.
    pub fn item(&self, name: &str) -> Result<(), Interrupted> {
        self.event(Event::Item(name));
        self.check()
    }

    /// Reports `by` units and polls for an interrupt.
    pub fn advance(&self, by: u64) -> Result<(), Interrupted> {
        self.event(Event::Advance(by));
        self.check()
    }

    /// Ends the stage.
    pub fn end(&self) {
        self.event(Event::End);
    }

    /// Polls for an interrupt.
    pub fn check(&self) -> Result<(), Interrupted> {
        if self.interrupted() {
            Err(Interrupted)
        } else {
            Ok(())
        }
    }
}

/// Shows nothing and never stops.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _: Event<'_>) {}
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Counts units and interrupts once `stop_after` of them have passed.
    pub(crate) struct StopAfter {
        pub(crate) seen: AtomicU64,
        pub(crate) stop_after: u64,
    }

    impl StopAfter {
        pub(crate) fn new(stop_after: u64) -> Self {
            StopAfter {
                seen: AtomicU64::new(0),
                stop_after,
            }
        }
    }

    impl Progress for StopAfter {
        fn event(&self, event: Event<'_>) {
            if let Event::Advance(by) = event {
                self.seen.fetch_add(by, Ordering::Relaxed);
            }
        }
        fn interrupted(&self) -> bool {
            self.seen.load(Ordering::Relaxed) >= self.stop_after
        }
    }

    #[test]
    fn an_interrupt_reaches_the_worker() {
        let stop = StopAfter::new(3);
        let progress: &dyn Progress = &stop;
        assert_eq!(progress.advance(2), Ok(()));
        assert_eq!(progress.advance(1), Err(Interrupted));
        let silent: &dyn Progress = &Silent;
        assert_eq!(silent.advance(u64::MAX), Ok(()));
    }
}
