//! Everything that may be wrong with a store's directory: each has its own error, and nothing changes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use super::conformance::{entries, tree};
use super::header::Header;
use super::{Batch, Engine, Error, FORMAT_VERSION, OpenOptions, Store, open, page};

/// The engines of this build.
fn engines() -> Vec<Engine> {
    let all = [
        (Engine::Sled, cfg!(feature = "sled")),
        (Engine::Fjall, cfg!(feature = "fjall")),
    ];
    all.into_iter()
        .filter(|(_, is_built)| *is_built)
        .map(|(engine, _)| engine)
        .collect()
}

fn options(path: &Path, engine: Engine) -> OpenOptions {
    OpenOptions::new(path, "hotel").engine(engine)
}

/// A closed store with `num` commits of one batch each.
fn closed_store(engine: Engine, num: u32) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = open(&options(&path, engine)).unwrap();
    (0..num).for_each(|n| store.commit(&[batch(n)]).unwrap());
    drop(store);
    // The engines let go of their files late; a reopened store has them to itself, and is at rest when closed.
    drop(open(&options(&path, engine)).unwrap());
    (folder, path)
}

fn value(n: u32) -> Vec<u8> {
    format!("value {n} ").into_bytes().repeat(30)
}

fn batch(n: u32) -> Batch {
    let mut batch = Batch::new(tree("rooms"));
    batch.put(n.to_be_bytes(), value(n));
    batch
}

/// All files below a directory with their bytes.
fn files(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
            found.insert(path, Vec::new());
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

/// Opening is refused, and the directory stays byte for byte as it was.
fn refusal(options: &OpenOptions) -> Error {
    let before = files(&options.path);
    let error = open(options).expect_err("it is refused");
    assert!(
        files(&options.path) == before,
        "a refused store changes nothing: {error}"
    );
    error
}

#[test]
fn another_applications_store_is_refused() {
    for engine in engines() {
        let (_folder, path) = closed_store(engine, 1);
        let mine = OpenOptions::new(&path, "marketplace").engine(engine);
        let error = refusal(&mine);
        assert!(
            matches!(&error, Error::OtherApplication { found, expected, .. }
            if found == "hotel" && expected == "marketplace")
        );
        assert_eq!(error.code(), "SK0105");
    }
}

#[test]
fn a_store_of_another_format_is_refused() {
    for engine in engines() {
        let (_folder, path) = closed_store(engine, 1);
        Header::new("hotel", FORMAT_VERSION + 1, engine.name())
            .write(&path)
            .unwrap();
        let error = refusal(&options(&path, engine));
        assert!(matches!(
            error,
            Error::OtherFormat {
                found: 2,
                supported: 1,
                ..
            }
        ));
    }
}

#[cfg(all(feature = "sled", feature = "fjall"))]
#[test]
fn a_store_of_another_engine_is_refused() {
    for (was, wanted) in [(Engine::Sled, Engine::Fjall), (Engine::Fjall, Engine::Sled)] {
        let (_folder, path) = closed_store(was, 1);
        let error = refusal(&options(&path, wanted));
        assert!(matches!(error, Error::OtherEngine { found, .. } if found == was.name()));
    }
}

#[test]
fn a_damaged_header_is_never_taken_for_another_store() {
    let (_folder, path) = closed_store(engines()[0], 1);
    let header = Header::path(&path);
    let good = fs::read(&header).unwrap();
    let mut bad: Vec<Vec<u8>> = (0..good.len() - 2)
        .map(|length| good[..length].to_vec())
        .collect();
    bad.push(b"not json".to_vec());
    bad.push(vec![b' '; 1 << 20]);
    for at in 0..good.len() - 1 {
        let mut flipped = good.clone();
        flipped[at] ^= 0x01;
        bad.push(flipped);
    }
    let mut num_refused = 0;
    for bytes in bad {
        fs::write(&header, &bytes).unwrap();
        // White space may flip into other white space: then the header is whole.
        match open(&options(&path, engines()[0])) {
            Err(Error::Header { .. }) => num_refused += 1,
            other => assert!(other.is_ok() && bytes.len() == good.len(), "{other:?}"),
        }
        assert_eq!(fs::read(&header).unwrap(), bytes);
    }
    assert!(num_refused > good.len(), "{num_refused}");
    fs::write(&header, b"").unwrap();
    assert!(matches!(
        refusal(&options(&path, engines()[0])),
        Error::Header { .. }
    ));
}

#[test]
fn a_second_process_is_told_who_has_the_store() {
    for engine in engines() {
        let (_folder, path) = closed_store(engine, 1);
        let store = open(&options(&path, engine)).unwrap();
        let error = refusal(&options(&path, engine));
        assert!(matches!(error, Error::Locked { pid, .. } if pid == Some(std::process::id())));
        drop(store);
        open(&options(&path, engine)).unwrap();
    }
}

#[test]
fn a_directory_with_other_things_is_not_made_a_store() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "years of work").unwrap();
    let error = refusal(&options(folder.path(), engines()[0]));
    assert!(matches!(error, Error::NotAStore { found, .. } if found == "thesis.tex"));
}

#[test]
fn what_a_killed_creation_leaves_behind_is_no_obstacle() {
    for engine in engines() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("skep.lock"), "12345\n").unwrap();
        fs::write(folder.path().join("skep.json.tmp"), "{\"appl").unwrap();
        fs::write(folder.path().join("skep.residents"), "").unwrap();
        fs::write(folder.path().join("skep.residents.tmp"), "").unwrap();
        let store = open(&options(folder.path(), engine)).unwrap();
        store.commit(&[batch(1)]).unwrap();
        drop(store);
        let store = open(&options(folder.path(), engine)).unwrap();
        assert_eq!(
            store.get("rooms", &1_u32.to_be_bytes()).unwrap(),
            Some(value(1))
        );
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = open(&options(&file.join("store"), engines()[0]))
        .err()
        .unwrap();
    assert!(matches!(&error, Error::Unwritable { path, .. } if path.starts_with(&file)));
    assert!(error.to_string().contains("ot a directory"), "{error}");
}

/// As root every directory is writable, so that this one is only tried by others.
#[test]
fn a_directory_without_the_right_to_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let result = open(&options(folder.path(), engines()[0]));
    if rustix::process::geteuid().is_root() {
        assert!(result.is_ok());
    } else {
        assert!(matches!(result, Err(Error::Unwritable { .. })));
    }
}

#[test]
fn an_engine_that_lost_acknowledged_commits_is_refused() {
    for engine in engines() {
        let (_folder, path) = closed_store(engine, 20);
        fs::remove_dir_all(path.join(engine.name())).unwrap();
        let error = open(&options(&path, engine)).unwrap_err();
        assert!(
            matches!(
                error,
                Error::LostCommits {
                    found: 0,
                    acknowledged: 20,
                    ..
                }
            ),
            "{error}"
        );
        fs::remove_file(path.join("skep.seq")).unwrap();
        open(&options(&path, engine)).unwrap();
    }
}

#[test]
fn a_damaged_watermark_is_noticed_and_an_empty_one_tolerated() {
    let engine = engines()[0];
    let (_folder, path) = closed_store(engine, 3);
    let watermark = path.join("skep.seq");
    fs::write(&watermark, b"\0\0\0\0\0\0\0\x01wxyz").unwrap();
    assert!(matches!(
        open(&options(&path, engine)),
        Err(Error::Header { .. })
    ));
    fs::write(&watermark, b"").unwrap();
    assert_eq!(
        open(&options(&path, engine))
            .unwrap()
            .stats()
            .unwrap()
            .commits,
        3
    );
}

/// Files cut off and bytes flipped all over the engine's files: whatever is served is what was written,
/// and what is missing is noticed.
#[test]
fn flipped_bytes_are_never_served() {
    for engine in engines() {
        let (_folder, path) = closed_store(engine, 400);
        let originals = files(&path.join(engine.name()));
        let mut num_noticed = 0;
        for (file, at) in places(&originals) {
            let mut bytes = originals[&file].clone();
            bytes[at] ^= 0x10;
            fs::write(&file, bytes).unwrap();
            num_noticed += u32::from(is_noticed(
                &path,
                engine,
                &format!("{} at {at}", file.display()),
            ));
            restore(&path.join(engine.name()), &originals);
        }
        assert!(
            num_noticed > 0,
            "{}: at least one flip has to hit something",
            engine.name()
        );
    }
}

/// Places with data, spread over all files.
fn places(originals: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<(PathBuf, usize)> {
    let mut places = Vec::new();
    for (file, bytes) in originals {
        let data: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
        let step = (data.len() / 12).max(1);
        places.extend(data.into_iter().step_by(step).map(|at| (file.clone(), at)));
    }
    places
}

/// Whether opening or reading reports the damage. Serving anything false fails the test.
fn is_noticed(path: &Path, engine: Engine, place: &str) -> bool {
    let store = match open(&options(path, engine)) {
        Ok(store) => store,
        Err(error) => {
            assert!(
                error.is_damage() || error.code() == "SK0112",
                "{place}: {error}"
            );
            return true;
        }
    };
    let mut is_noticed = false;
    for n in 0..400_u32 {
        match store.get("rooms", &n.to_be_bytes()) {
            Ok(Some(read)) => assert_eq!(read, value(n), "{place}"),
            Ok(None) => panic!("{place}: {n} is missing without a word"),
            Err(_) => is_noticed = true,
        }
    }
    for entry in store.scan("rooms", b"", None) {
        match entry {
            Ok((key, read)) => assert_eq!(read, value(u32::from_be_bytes(key.try_into().unwrap()))),
            Err(_) => is_noticed = true,
        }
    }
    is_noticed
}

fn restore(directory: &Path, originals: &BTreeMap<PathBuf, Vec<u8>>) {
    fs::remove_dir_all(directory).unwrap();
    fs::create_dir_all(directory).unwrap();
    for (file, bytes) in originals {
        let is_directory =
            bytes.is_empty() && originals.keys().any(|other| other.parent() == Some(file));
        if is_directory {
            fs::create_dir_all(file).unwrap();
        } else {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
    }
}

#[cfg(feature = "sled")]
#[test]
fn a_snapshot_that_a_kill_left_unfinished_does_not_brick_sled() {
    let (_folder, path) = closed_store(Engine::Sled, 50);
    for name in ["snap.0000000000000000.generating", "snap.FFFF.generating"] {
        fs::write(path.join("sled").join(name), b"half of a snapshot").unwrap();
    }
    let store = open(&options(&path, Engine::Sled)).unwrap();
    assert_eq!(entries(&*store, "rooms", b"", None).len(), 50);
}

const FULL_DISK: &str = "SKEP_FULL_DISK_PATH";

/// A real limit: the child may write files of 2 MiB at most, and goes on until that ends it.
#[test]
fn a_full_disk_is_told_and_everything_acknowledged_survives() {
    for engine in engines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let child = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
            .arg(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "store::open_tests::full_disk_child",
                "--nocapture",
            ])
            .env(FULL_DISK, &path)
            .env("SKEP_ENGINE", engine.name())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&child.stdout);
        let told = |word: &str| {
            text.lines()
                .filter_map(|line| line.strip_prefix(word))
                .next_back()
        };
        assert_eq!(told("failed with "), Some("SK0111"), "{text}");
        let acknowledged: u32 = told("acknowledged ").unwrap().parse().unwrap();
        let store = open(&options(&path, engine)).unwrap();
        for n in 0..=acknowledged {
            assert_eq!(
                store.get("rooms", &n.to_be_bytes()).unwrap(),
                Some(value(n)),
                "{n}"
            );
        }
    }
}

/// Not a test of its own: what the child with the small disk does.
#[test]
fn full_disk_child() {
    let (Ok(path), Ok(engine)) = (std::env::var(FULL_DISK), std::env::var("SKEP_ENGINE")) else {
        return;
    };
    let engine = if engine == "sled" {
        Engine::Sled
    } else {
        Engine::Fjall
    };
    let store = open(&options(Path::new(&path), engine)).unwrap();
    // Only now: fjall makes its journal as long as it will get when it opens.
    let limit = rustix::process::Rlimit {
        current: Some(2 << 20),
        maximum: Some(2 << 20),
    };
    rustix::process::setrlimit(rustix::process::Resource::Fsize, limit).unwrap();
    for n in 0.. {
        match store.commit(&[batch(n)]) {
            Ok(()) => println!("\nacknowledged {n}"),
            Err(error) => {
                println!("\nfailed with {}\n{error}", error.code());
                // The engine's own end is not of interest, and may fail for want of room as well.
                std::process::exit(0);
            }
        }
    }
}

#[test]
fn every_code_has_a_page_that_says_what_to_try() {
    for number in 101..=119 {
        let code = format!("SK0{number}");
        let text = page(&code).unwrap();
        assert!(text.starts_with(&format!("# {code}: ")), "{text}");
        for part in [
            "**What happened.**",
            "**Likely causes.**",
            "**What to try.**",
        ] {
            assert!(text.contains(part), "{code} has no {part}");
        }
    }
    assert_eq!(page("SK9999"), None);
}

#[test]
fn a_store_can_change_its_engine_through_an_export() {
    let (_folder, path) = closed_store(engines()[0], 100);
    let store = open(&options(&path, engines()[0])).unwrap();
    let mut bytes = Vec::new();
    super::transfer::export(&*store, "hotel", None, &mut bytes).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let copy: Arc<dyn Store> = open(&options(folder.path(), *engines().last().unwrap())).unwrap();
    super::transfer::import(&*copy, "hotel", std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(
        entries(&*copy, "rooms", b"", None),
        entries(&*store, "rooms", b"", None)
    );
}
