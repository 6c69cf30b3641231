//! How far it is: a bar where somebody looks on, a line now and then where the output goes to a file. And what there is to say
//! meanwhile.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a line is written where there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// Shows how far it is, on stderr.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// When the last line was written; `None` where a bar is shown.
    last_line: Option<Instant>,
    notices: Notices,
}

/// Writes to stderr what the import waits for.
#[derive(Clone)]
pub(crate) struct Notices {
    bar: ProgressBar,
    last: Arc<Mutex<String>>,
}

impl Progress {
    /// Before anything is known.
    pub(crate) fn new() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let notices = Notices { bar: bar.clone(), last: Arc::default() };
        Self { bar, last_line: (!is_terminal).then(Instant::now), notices }
    }

    /// Starts counting, of `total` orders if that is known.
    pub(crate) fn begin(&self, total: Option<u64>) {
        let style = match total {
            Some(_) => "{bar:30} {human_pos} of {human_len} orders, {rate}, {eta} left",
            None => "{spinner} {human_pos} orders, {rate}",
        };
        if let Ok(style) = ProgressStyle::with_template(style) {
            self.bar.set_style(style.with_key(
                "rate",
                |state: &indicatif::ProgressState, to: &mut dyn std::fmt::Write| {
                    let _ = write!(to, "{:.0} a second", state.per_sec());
                },
            ));
        }
        if let Some(total) = total {
            self.bar.set_length(total);
        }
        self.bar.reset();
    }

    /// Where others say what keeps them waiting.
    pub(crate) fn notices(&self) -> Notices {
        self.notices.clone()
    }

    /// One more is done.
    pub(crate) fn one(&mut self) {
        self.bar.inc(1);
        if self.last_line.is_some_and(|last| last.elapsed() >= LINE_INTERVAL) {
            self.last_line = Some(Instant::now());
            let (done, rate) = (HumanCount(self.bar.position()), self.bar.per_sec());
            match self.bar.length() {
                Some(total) => {
                    let (total, left) = (HumanCount(total), HumanDuration(self.bar.eta()));
                    eprintln!("{done} of {total} orders, {rate:.0} a second, {left} left");
                }
                None => eprintln!("{done} orders, {rate:.0} a second"),
            }
        }
    }

    /// Nothing more to show.
    pub(crate) fn finish(self) {
        self.bar.finish_and_clear();
    }
}

impl Notices {
    /// Says it once, however many wait for the same.
    pub(crate) fn say(&self, text: String) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != text {
            self.bar.suspend(|| eprintln!("{text}"));
            *last = text;
        }
    }
}
