//! Killed at any moment.

use super::*;

#[test]
fn killed_at_any_moment_nothing_is_lost() {
    let ground = Ground::new();
    let (time, seed) = budget(4);
    let (began, mut even, mut kills) = (Instant::now(), uniform(seed), 0);
    while began.elapsed() < time {
        let (line, files) = WRITERS[(even() * 4.0) as usize];
        let before: Vec<_> = files.iter().map(|file| ground.read(file)).collect();
        let resume = line == TRAIN && ground.place.path("new.resume.safetensors").exists();
        let mut child = ground
            .place
            .command(&words(line, if resume { &["--resume"] } else { &[] }))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_secs_f64(0.25 * even() * even());
        while Instant::now() < until && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(300));
        }
        let _ = child.kill();
        let code = child.wait().unwrap().code();
        assert!(code.is_none() || code == Some(0), "{line}: {code:?}");
        kills += usize::from(code.is_none());
        ground.check(files, &before, code.is_some(), line);
        if even() < 0.3 {
            files.iter().for_each(|file| drop(std::fs::remove_file(ground.place.path(file))));
        }
    }
    // Every command still runs, a training to the bytes of one that nobody killed, and clears up.
    for (line, files) in WRITERS {
        let resume = line == TRAIN && ground.place.path("new.resume.safetensors").exists();
        ground.place.ok(&words(line, if resume { &["--resume"] } else { &[] }));
        ground.check(files, &vec![None; files.len()], true, line);
    }
    let litter = std::fs::read_dir(ground.place.path("")).unwrap().map(|e| e.unwrap().file_name());
    let litter: Vec<_> = litter.filter(|n| n.to_string_lossy().starts_with(".lstm-forecast-")).collect();
    assert!(litter.is_empty(), "{litter:?}");
    eprintln!("{kills} kills");
}
