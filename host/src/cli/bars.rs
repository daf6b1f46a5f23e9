//! Progress bars on stderr.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rowfuse::progress::{Event, Progress, Unit};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Mutex;

/// One bar for each stage, on a terminal; elsewhere nothing.
pub struct Bars {
    bar: Mutex<Option<ProgressBar>>,
    interrupted: &'static AtomicBool,
    hidden: bool,
}

impl Bars {
    /// Bars that stop the work once `interrupted` is set.
    pub fn new(interrupted: &'static AtomicBool, hidden: bool) -> Bars {
        Bars {
            bar: Mutex::new(None),
            interrupted,
            hidden,
        }
    }

    /// Removes a bar that was left by an error.
    pub fn clear(&self) {
        self.with(|bar| {
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
        });
    }

    /// Prints a line on stderr, above a bar if there is one.
    pub fn println(&self, text: &str) {
        self.with(|bar| match bar {
            Some(bar) if !bar.is_hidden() => bar.println(text),
            // Without stderr there is nobody to tell.
            _ => drop(writeln!(std::io::stderr(), "{text}")),
        });
    }

    fn with(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        // A panic while drawing spoils nothing that the next drawing needs.
        act(&mut self
            .bar
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner()));
    }

    fn bar(&self, stage: &str, total: u64, unit: Unit) -> ProgressBar {
        let target = if self.hidden {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let counts = match unit {
            Unit::Bytes => "{bytes}/{total_bytes}",
            Unit::Steps => "{pos}/{len}",
        };
        let template = format!("{{prefix:>16}} [{{bar:30}}] {counts} {{msg}}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(stage.to_owned());
        bar
    }
}

impl Progress for Bars {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Begin { stage, total, unit } => {
                tracing::info!(total, "{stage}");
                let fresh = self.bar(stage, total, unit);
                self.with(|bar| {
                    if let Some(old) = bar.replace(fresh) {
                        old.finish_and_clear();
                    }
                });
            }
            Event::Item(item) => {
                tracing::debug!("{item}");
                self.with(|bar| bar.iter().for_each(|bar| bar.set_message(item.to_owned())));
            }
            Event::Advance(by) => self.with(|bar| bar.iter().for_each(|bar| bar.inc(by))),
            Event::End => self.clear(),
        }
    }

    fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}
