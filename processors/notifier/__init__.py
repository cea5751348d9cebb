"""The notifier: error outcomes become mails. compose is pure, app does the sending."""
