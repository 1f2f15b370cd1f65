//! One training at a time to an `--out`: two would write one state, and the later checkpoint would win.

use std::path::Path;
use std::time::Duration;

use super::printer::Printer;
use crate::cli::TrainArgs;
use crate::error::{Error, Result};
use crate::output::{self, Asked, Holder, Lock};
use crate::train::state;

/// How often a lock that is waited for is asked for.
const EVERY: Duration = Duration::from_millis(200);

/// The lock of this `--out`, waited for where that is asked for; none where `--out` is no file, so that nothing
/// lies beside it, or where the file system has no locks, which is told. Ctrl-C ends the wait, as
/// nobody listens for it yet.
///
/// # Errors
/// [`Error::Busy`] where another training has it and `--wait` was not given; those of [`Lock::ask`].
pub fn of(args: &TrainArgs, printer: &Printer) -> Result<Option<Lock>> {
    let out = Path::new(&args.out);
    if !output::is_file(out) {
        return Ok(None);
    }
    let path = state::lock_beside(out);
    let mut told = false;
    loop {
        let holder = match Lock::ask(&path)? {
            Asked::Held(lock) => return Ok(Some(lock)),
            Asked::Unable(why) => {
                printer.note(&format!(
                    "{} cannot be locked ({why}): nothing keeps another training from the same --out",
                    path.display()
                ));
                return Ok(None);
            }
            Asked::Busy(holder) => holder,
        };
        let message = format!("another training is going on to this file{}", named(holder.as_ref()));
        if !args.wait {
            let hint = "--wait waits until it has ended; or choose another --out";
            return Err(Error::Busy { file: args.out.clone(), message, hint: Some(hint.into()) });
        }
        if !std::mem::replace(&mut told, true) {
            printer.note(&format!("{}: {message}; waiting until it has ended", args.out));
        }
        std::thread::sleep(EVERY);
    }
}

/// `: process 4242 since 2026-11-26T02:17:03Z`.
fn named(holder: Option<&Holder>) -> String {
    holder.map(|holder| format!(": {holder}")).unwrap_or_default()
}
