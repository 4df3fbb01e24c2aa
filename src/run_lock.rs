//! One run at a time on a machine.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::private;

/// How long a second run waits for the first.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How often it looks.
const STEP: Duration = Duration::from_millis(50);

/// Takes the lock of a data folder; `None` if another run has it for as long as that. The system gives it back when a
/// process ends, however it ends. Where a file system knows no locks, the store's own checks are enough.
pub(crate) fn take(data: &Path, patience: Duration) -> std::io::Result<Option<fs_err::File>> {
    private::create_folder(data)?;
    let file = fs_err::OpenOptions::new().create(true).append(true).open(data.join("run.lock"))?;
    let start = Instant::now();
    loop {
        match file.file().try_lock() {
            Ok(()) | Err(std::fs::TryLockError::Error(_)) => return Ok(Some(file)),
            Err(std::fs::TryLockError::WouldBlock) if start.elapsed() >= patience => {
                return Ok(None);
            }
            Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(STEP),
        }
    }
}

/// Whether no run is at work; `None` if there has been none yet. Nothing is made.
pub(crate) fn is_free(data: &Path) -> std::io::Result<Option<bool>> {
    match fs_err::File::open(data.join("run.lock")) {
        Ok(file) => {
            let lock = file.file().try_lock();
            Ok(Some(!matches!(lock, Err(std::fs::TryLockError::WouldBlock))))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
