//! The actor: writes each mail once, to its file or through the mail server. Both block, so that it runs on the pool for that.
//!
//! Syncing a file takes the disk milliseconds, and a busy hotel writes hundreds of mails a second: files are synced many at
//! a time. Until then the store has the letter, and the next start writes its file anew.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lettre::{SmtpTransport, Transport};
use notifications_contract::{
    Audit, FindMails, Kind, KindTotal, Mail, MailAudit, Mails, Notifications,
};
use payments_contract::{Charged, Declined, Refunded};
use reports_contract::InvoiceIssued;
use reservations_contract::{Cancelled, Reserved};
use skep::{Cx, StartError, Table, capability};

use crate::eml;
use crate::letter::Letter;
use crate::outbox;
use crate::settings::Settings;
use crate::smtp::Smtp;

/// The mailer: every mail that went out, and the way out.
#[derive(Debug)]
pub struct Mailer {
    settings: Settings,
    server: Option<SmtpTransport>,
    mails: Table<MailKey, Mail>,
    /// The letters whose files may not outlive the machine yet.
    unsynced: Table<MailKey, Letter>,
    /// The same, with the places of their files.
    unsynced_files: BTreeMap<MailKey, PathBuf>,
}

/// Hotel, reference, and kind.
type MailKey = (String, String, String);

/// How many files are synced together.
const SYNCED_TOGETHER: usize = 64;

/// The mail did not go out; the event comes again.
#[derive(Debug, thiserror::Error)]
enum NotSent {
    #[error(transparent)]
    Unwritable(#[from] eml::Error),
    #[error("the mail cannot be written to {}: {source}", .path.display())]
    Disk {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the mail server does not take the mail: {0}")]
    Server(#[from] lettre::transport::smtp::Error),
}

#[capability(contract = Notifications, durable, execution = "blocking")]
impl Mailer {
    #[start]
    async fn open(settings: Settings, cx: &mut Cx<Self>) -> Result<Self, StartError> {
        let server = settings.smtp.as_ref().map(Smtp::transport).transpose()?;
        let mut mailer = Self {
            settings,
            server,
            mails: cx.table("mails"),
            unsynced: cx.table("unsynced"),
            unsynced_files: BTreeMap::new(),
        };
        mailer.write_anew()?;
        Ok(mailer)
    }

    #[stop]
    async fn close(&mut self) {
        if let Err(error) = self.sync() {
            tracing::warn!(%error, "mails are not synced; the next start writes them anew");
        }
    }

    #[handle]
    async fn find_mails(&mut self, asked: FindMails) -> Mails {
        let booking = (asked.hotel.to_string(), asked.reference.to_string());
        let mut mails: Vec<Mail> = self.mails.prefix(&booking).map(|(_, mail)| mail).collect();
        mails.sort_by_key(|mail| Kind::ALL.iter().position(|kind| *kind == mail.kind));
        Mails { mails }
    }

    #[handle]
    async fn audit(&mut self, _: Audit) -> MailAudit {
        let mut counts = BTreeMap::<Kind, u64>::new();
        for (_, mail) in self.mails.iter() {
            *counts.entry(mail.kind).or_default() += 1;
        }
        let kinds = counts.into_iter();
        MailAudit {
            kinds: kinds
                .map(|(kind, mails)| KindTotal { kind, mails })
                .collect(),
        }
    }

    #[on]
    async fn reserved(&mut self, event: Reserved) -> Result<(), NotSent> {
        self.send(&Letter::from(&event))
    }

    #[on]
    async fn cancelled(&mut self, event: Cancelled) -> Result<(), NotSent> {
        self.send(&Letter::from(&event))
    }

    #[on]
    async fn charged(&mut self, event: Charged) -> Result<(), NotSent> {
        self.send(&Letter::from(&event))
    }

    #[on]
    async fn refunded(&mut self, event: Refunded) -> Result<(), NotSent> {
        self.send(&Letter::from(&event))
    }

    #[on]
    async fn declined(&mut self, event: Declined) -> Result<(), NotSent> {
        self.send(&Letter::from(&event))
    }

    #[on]
    async fn invoice_issued(&mut self, event: InvoiceIssued) -> Result<(), NotSent> {
        self.send(&Letter::from(&event))
    }
}

impl Mailer {
    /// Sends a letter, unless it has gone out. A turn that is run again after its file was written writes the same bytes
    /// to the same place; a mail server sees the same `Message-ID`.
    fn send(&mut self, letter: &Letter) -> Result<(), NotSent> {
        let key = (
            letter.hotel.to_string(),
            letter.reference.to_string(),
            letter.kind.slug().to_owned(),
        );
        if self.mails.contains(&key) {
            return Ok(());
        }
        let message = eml::message(letter, &self.settings.from)?;
        if let Some(server) = &self.server {
            server.send(&message)?;
        } else {
            self.write(&key, letter, &message)?;
        }
        let mail = Mail {
            kind: letter.kind,
            to: letter.to.email.clone(),
            subject: letter.subject.clone(),
            on: letter.on,
            message_id: eml::message_id(letter),
        };
        self.mails.insert(&key, &mail);
        if self.unsynced_files.len() >= SYNCED_TOGETHER {
            self.sync()?;
        }
        Ok(())
    }

    fn write(
        &mut self,
        key: &MailKey,
        letter: &Letter,
        message: &lettre::Message,
    ) -> Result<(), NotSent> {
        let path = self.settings.folder.join(eml::place(letter));
        if let Err(source) = outbox::write(&path, &message.formatted()) {
            return Err(NotSent::Disk { path, source });
        }
        self.unsynced.insert(key, letter);
        self.unsynced_files.insert(key.clone(), path);
        Ok(())
    }

    /// Makes the files last that do not yet, and forgets their letters.
    fn sync(&mut self) -> Result<(), NotSent> {
        let paths: Vec<PathBuf> = self.unsynced_files.values().cloned().collect();
        outbox::sync(&paths).map_err(|source| NotSent::Disk {
            path: self.settings.folder.clone(),
            source,
        })?;
        for key in std::mem::take(&mut self.unsynced_files).into_keys() {
            self.unsynced.remove(&key);
        }
        Ok(())
    }

    /// Writes the files again that the last process had not synced: the machine may have stopped since.
    fn write_anew(&mut self) -> Result<(), NotSent> {
        let letters: Vec<_> = self.unsynced.iter().collect();
        for (key, letter) in letters {
            let message = eml::message(&letter, &self.settings.from)?;
            self.write(&key, &letter, &message)?;
        }
        Ok(())
    }
}
