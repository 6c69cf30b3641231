//! How far it is: a bar where somebody looks on, a line now and then where the output goes to a file.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a line is written where there is no terminal.
const LINES: Duration = Duration::from_secs(5);

/// Shows how far it is, on stderr.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// When the last line was written; `None` where a bar is shown.
    last_line: Option<Instant>,
}

impl Progress {
    /// Of `total` orders, if that is known.
    pub(crate) fn new(total: Option<u64>) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let style = match total {
            Some(_) => "{bar:30} {human_pos}/{human_len} orders, {per_sec}, {eta} left",
            None => "{spinner} {human_pos} orders, {per_sec}",
        };
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self { bar, last_line: (!is_terminal).then(Instant::now) }
    }

    /// One more is done.
    pub(crate) fn one(&mut self) {
        self.bar.inc(1);
        if self.last_line.is_some_and(|last| last.elapsed() >= LINES) {
            self.last_line = Some(Instant::now());
            let (done, rate) = (self.bar.position(), self.bar.per_sec());
            match self.bar.length() {
                Some(total) => {
                    eprintln!("{done} of {total} orders, {rate:.0}/s, {} left", HumanDuration(self.bar.eta()));
                }
                None => eprintln!("{done} orders, {rate:.0}/s"),
            }
        }
    }

    /// Nothing more to show.
    pub(crate) fn finish(self) {
        self.bar.finish_and_clear();
    }
}
