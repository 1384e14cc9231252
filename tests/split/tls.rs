//! Encrypted connections to the server, with certificates that the test makes.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

use crate::counter::{Add, Counting};
use crate::stage::{Stage, run};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(params, key).expect("a certificate")
}

fn write(path: PathBuf, text: &str) -> PathBuf {
    fs::write(&path, text).expect("a file");
    path
}

/// A certificate for this machine's own address and its key, signed by somebody, as files of this name.
fn certificate(folder: &Path, name: &str, by: &Authority) -> (PathBuf, PathBuf) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, by).expect("a certificate");
    (
        write(folder.join(format!("{name}.pem")), &certificate.pem()),
        write(folder.join(format!("{name}.key")), &key.serialize_pem()),
    )
}

/// A server that wants encryption, and the files of the authorities: the one that signed its certificate, and another.
struct Encrypted {
    stage: Stage,
    folder: TempDir,
    right: Authority,
    right_file: PathBuf,
    wrong_file: PathBuf,
}

impl Encrypted {
    /// With these lines more in the server's `tls` block; `{ca}` is the right authority's file.
    fn server(more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (right, wrong) = (authority(), authority());
        let right_file = write(folder.path().join("right.pem"), &right.pem());
        let wrong_file = write(folder.path().join("wrong.pem"), &wrong.pem());
        let (certificate, key) = certificate(folder.path(), "server", &right);
        let more = more.replace("{ca}", &right_file.display().to_string());
        let stage = Stage::with_server(&format!(
            "tls {{ cert_file: {certificate:?}, key_file: {key:?}, timeout: 30, {more} }}"
        ));
        let url = stage.server.url().replace("nats://", "tls://");
        Self {
            stage: stage
                .hosts("rest", r#""*""#)
                .set(format!("nats.servers=[{url:?}]")),
            folder,
            right,
            right_file,
            wrong_file,
        }
    }

    /// Sets a file of `nats.tls`.
    fn with(mut self, key: &str, file: &Path) -> Self {
        let pair = format!("nats.tls.{key}={}", file.display());
        self.stage = self.stage.set(pair);
        self
    }

    async fn works(&self) {
        let node = self.stage.node("rest").await;
        assert_eq!(node.missing(), None);
        let added = node.get::<Counting>().ask(Add { number: 2 }).await;
        assert_eq!(added, Ok(2));
        node.stop().await;
    }

    async fn refused(&self) -> String {
        let refused = self.stage.try_node("rest", 1).await;
        refused.expect_err("it is refused").to_string()
    }
}

#[test]
fn a_server_whose_certificate_is_signed_by_the_authority_that_is_named_is_trusted() {
    run(async {
        let encrypted = Encrypted::server("");
        let file = encrypted.right_file.clone();
        encrypted.with("ca", &file).works().await;
    });
}

#[test]
fn a_server_whose_certificate_is_signed_by_somebody_else_is_refused_with_what_to_look_at() {
    run(async {
        let encrypted = Encrypted::server("");
        let file = encrypted.wrong_file.clone();
        for encrypted in [Encrypted::server(""), encrypted.with("ca", &file)] {
            let said = encrypted.refused().await;
            for words in ["tls://127.0.0.1:", "certificate", "nats.tls.ca"] {
                assert!(said.contains(words), "{words} in {said}");
            }
        }
    });
}

#[test]
fn a_server_that_asks_for_a_certificate_takes_one_that_its_authority_signed_and_no_other() {
    run(async {
        let encrypted = Encrypted::server("verify: true, ca_file: \"{ca}\"");
        let authority = encrypted.right_file.clone();
        let encrypted = encrypted.with("ca", &authority);
        let said = encrypted.refused().await;
        assert!(said.contains("nats.tls.certificate"), "{said}");
        let (certificate, key) = certificate(encrypted.folder.path(), "own", &encrypted.right);
        let encrypted = encrypted
            .with("certificate", &certificate)
            .with("key", &key);
        encrypted.works().await;
    });
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_its_path() {
    run(async {
        let encrypted = Encrypted::server("").with("ca", Path::new("/no/such/ca.pem"));
        let said = encrypted.refused().await;
        assert!(said.contains("nats.tls.ca, /no/such/ca.pem"), "{said}");
    });
}
