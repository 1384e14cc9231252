//! The printer of invoices as its callers see it.

use std::path::Path;

use payments_contract::Stay;
use reports::Printer;
use reports_contract::{
    Audit, Bill, FindInvoice, Guest, InvoiceIssued, Money, RenderError, RenderInvoice, Reports,
};
use skep::AskError;
use skep::testing::{Colony, Probe};

fn bill(nights: u32) -> Bill {
    let rate = Money::from_euros(80);
    let stay = Stay {
        arrival: "2016-02-01".parse().expect("a day"),
        nights,
    };
    Bill {
        hotel: "City Hotel".parse().expect("a hotel"),
        reference: "B-1".parse().expect("a reference"),
        guest: Guest {
            name: "Ana Silva".parse().expect("a name"),
            email: "ana@example.com".parse().expect("an address"),
        },
        room: "A".parse().expect("a room type"),
        stay,
        rate,
        deposit: Money::ZERO,
        paid: rate.times(nights),
        on: stay.departure(),
    }
}

fn printing_to(colony: Colony, folder: &Path) -> Colony {
    let folder = format!("capabilities.reports.settings.folder={}", folder.display());
    colony.with::<Printer>().set(folder)
}

#[skep::test]
async fn an_invoice_is_issued_once_and_known_to_the_next_process(colony: Colony) {
    let folder = tempfile::tempdir().expect("a folder");
    let colony = printing_to(colony, folder.path());
    let runtime = colony.start().await;
    let mut issued = Probe::<InvoiceIssued>::new(&runtime);
    let reports = runtime.get::<Reports>();
    let invoice = reports
        .ask(RenderInvoice { bill: bill(2) })
        .await
        .expect("an invoice");
    assert_eq!(
        reports
            .ask(RenderInvoice { bill: bill(2) })
            .await
            .expect("the invoice"),
        invoice
    );
    let other = reports.ask(RenderInvoice { bill: bill(3) }).await;
    assert!(
        matches!(
            other,
            Err(AskError::Domain(RenderError::AlreadyIssued { .. }))
        ),
        "{other:?}"
    );
    assert_eq!(issued.next().await.invoice, invoice);
    runtime.stop().await;

    let runtime = colony.start().await;
    let reports = runtime.get::<Reports>();
    let find = FindInvoice {
        hotel: invoice.hotel.clone(),
        reference: invoice.reference.clone(),
    };
    assert_eq!(reports.ask(find).await.expect("it is kept"), invoice);
    let audit = reports.ask(Audit {}).await.expect("an audit");
    assert_eq!((audit.invoices, audit.damaged.len()), (1, 0));
    std::fs::remove_file(folder.path().join(&invoice.file)).expect("the file is there");
    let audit = reports.ask(Audit {}).await.expect("an audit");
    assert_eq!(audit.damaged, [invoice.reference]);
}

#[skep::test]
async fn a_bill_that_cannot_be_right_is_refused(colony: Colony) {
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = printing_to(colony, folder.path()).start().await;
    let refused = runtime
        .get::<Reports>()
        .ask(RenderInvoice { bill: bill(367) })
        .await;
    assert!(
        matches!(refused, Err(AskError::Domain(RenderError::TooLong { .. }))),
        "{refused:?}"
    );
}

#[skep::test]
async fn a_folder_that_cannot_be_written_leaves_no_invoice_behind(colony: Colony) {
    let folder = tempfile::tempdir().expect("a folder");
    let in_the_way = folder.path().join("file");
    std::fs::write(&in_the_way, "in the way").expect("a file");
    let runtime = printing_to(colony, &in_the_way).start().await;
    let reports = runtime.get::<Reports>();
    let refused = reports.ask(RenderInvoice { bill: bill(2) }).await;
    assert!(
        matches!(
            refused,
            Err(AskError::Domain(RenderError::NotWritten { .. }))
        ),
        "{refused:?}"
    );
    assert_eq!(reports.ask(Audit {}).await.expect("an audit").invoices, 0);
}

/// A printer is killed after it has written the file and before anybody heard of it: its message comes again.
#[skep::test]
async fn an_invoice_is_made_known_by_the_message_that_issued_it_and_by_no_other(colony: Colony) {
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = printing_to(colony, folder.path()).start().await;
    let mut issued = Probe::<InvoiceIssued>::new(&runtime);
    let reports = runtime.get::<Reports>();
    for id in ["first", "other", "first"] {
        let asked = reports.ask(RenderInvoice { bill: bill(2) }).id(id);
        asked.await.expect("an invoice");
    }
    for _ in 0..2 {
        let asked = reports.ask(RenderInvoice { bill: bill(2) }).await;
        asked.expect("the invoice");
    }
    let mut bill = bill(3);
    bill.reference = "B-2".parse().expect("a reference");
    reports
        .ask(RenderInvoice { bill: bill.clone() })
        .await
        .expect("an invoice");
    let mut known = Vec::new();
    for _ in 0..3 {
        known.push(issued.next().await.invoice.reference.to_string());
    }
    assert_eq!(known, ["B-1", "B-1", "B-2"]);
}

/// As many printers as asked at once, one folder.
#[skep::test]
async fn printers_that_issue_at_once_issue_one_invoice(colony: Colony) {
    let folder = tempfile::tempdir().expect("a folder");
    let colony = printing_to(colony, folder.path()).set("capabilities.reports.instances=4");
    let runtime = colony.start().await;
    let reports = runtime.get::<Reports>();
    let ask = |nights| {
        let reports = reports.clone();
        async move { reports.ask(RenderInvoice { bill: bill(nights) }).await }
    };
    let answers = tokio::join!(ask(2), ask(3), ask(2), ask(3));
    let (mut invoices, mut refused) = (Vec::new(), 0);
    for answer in [answers.0, answers.1, answers.2, answers.3] {
        match answer {
            Ok(invoice) => invoices.push(invoice),
            Err(error) => {
                let is_refused =
                    matches!(error, AskError::Domain(RenderError::AlreadyIssued { .. }));
                assert!(is_refused, "{error}");
                refused += 1;
            }
        }
    }
    assert_eq!((invoices.len(), refused), (2, 2));
    assert_eq!(invoices[0], invoices[1]);
    let audit = reports.ask(Audit {}).await.expect("an audit");
    assert_eq!((audit.invoices, audit.total), (1, invoices[0].total));
    assert_eq!(audit.damaged, []);
}
