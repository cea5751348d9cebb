"""The notifier: error outcomes become mails. compose (pure) + app (shell)."""
