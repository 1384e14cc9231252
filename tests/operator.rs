//! The `skep` program: what it prints, and how it ends, as a script sees it.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use skep::store::{Batch, Engine, OpenOptions, Store, TreeName, open};

fn skep(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_skep"))
        .args(arguments)
        .output()
        .expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn filled(directory: &Path) -> Arc<dyn Store> {
    let store = open(&OpenOptions::new(directory, "hotel")).expect("a store");
    let mut batch = Batch::new(TreeName::new("payments").expect("a name"));
    batch.put("one", "1");
    batch.put("two", vec![7; 20_000]);
    store.commit(&[batch]).expect("a commit");
    store
}

#[test]
fn a_store_moves_to_another_engine_through_an_export() {
    let room = tempfile::tempdir().expect("a directory");
    let (old, file, new) = (
        room.path().join("old"),
        room.path().join("all"),
        room.path().join("new"),
    );
    drop(filled(&old));
    let exported = skep(&["store", "export", path(&old), path(&file)]);
    assert!(exported.status.success(), "{}", text(&exported.stderr));
    assert!(
        text(&exported.stdout).starts_with("exported 2 records of 1 capabilities"),
        "{}",
        text(&exported.stdout)
    );
    let import = [
        "store",
        "import",
        path(&file),
        path(&new),
        "--application",
        "hotel",
        "--engine",
        "fjall",
    ];
    let imported = skep(&import);
    assert!(imported.status.success(), "{}", text(&imported.stderr));
    let store =
        open(&OpenOptions::new(&new, "hotel").engine(Engine::Fjall)).expect("the new store");
    assert_eq!(
        store.get("payments", b"two").expect("a value"),
        Some(vec![7; 20_000])
    );
}

#[test]
fn info_tells_whose_store_it_is() {
    let room = tempfile::tempdir().expect("a directory");
    drop(filled(room.path()));
    let told = skep(&["store", "info", path(room.path()), "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    assert_eq!(told["application"], "hotel");
    assert_eq!(told["engine"], "sled");
    assert_eq!(told["capabilities"], serde_json::json!(["payments"]));
}

#[test]
fn a_store_in_use_is_left_alone_and_the_owner_named() {
    let room = tempfile::tempdir().expect("a directory");
    let _open = filled(room.path());
    let refused = skep(&["store", "info", path(room.path())]);
    assert_eq!(refused.status.code(), Some(75));
    let message = text(&refused.stderr);
    assert!(message.starts_with("error[SK0102]"), "{message}");
    assert!(
        message.contains(&std::process::id().to_string()),
        "{message}"
    );
}

#[test]
fn an_export_is_never_written_over_a_file() {
    let room = tempfile::tempdir().expect("a directory");
    let file = room.path().join("precious");
    std::fs::write(&file, "keep me").expect("a file");
    let store = room.path().join("store");
    drop(filled(&store));
    let refused = skep(&["store", "export", path(&store), path(&file)]);
    assert_eq!(refused.status.code(), Some(74));
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), "keep me");
}

#[test]
fn a_cut_off_export_is_refused_before_anything_is_written() {
    let room = tempfile::tempdir().expect("a directory");
    let (old, file, new) = (
        room.path().join("old"),
        room.path().join("all"),
        room.path().join("new"),
    );
    drop(filled(&old));
    assert!(
        skep(&["store", "export", path(&old), path(&file)])
            .status
            .success()
    );
    let whole = std::fs::read(&file).expect("the export");
    std::fs::write(&file, &whole[..whole.len() - 10]).expect("a shorter one");
    let refused = skep(&[
        "store",
        "import",
        path(&file),
        path(&new),
        "--application",
        "hotel",
    ]);
    assert_eq!(refused.status.code(), Some(74), "{}", text(&refused.stderr));
    let store = open(&OpenOptions::new(&new, "hotel")).expect("the new store");
    assert_eq!(store.trees().expect("its trees"), Vec::<String>::new());
}

#[test]
fn a_code_is_explained_and_a_typo_mended() {
    let page = skep(&["explain", "sk0102"]);
    assert!(text(&page.stdout).starts_with("# SK0102: "));
    let typo = skep(&["explain", "SK102"]);
    assert_eq!(typo.status.code(), Some(64));
    assert!(
        text(&typo.stderr).contains("did you mean SK0102?"),
        "{}",
        text(&typo.stderr)
    );
}
