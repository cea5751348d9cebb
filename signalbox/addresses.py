"""
Addresses of orgs: where the links of mails and log lines lead.

In: settings.  Out: an address by org.
Rule of this file: what the settings say, and nothing that was learnt from a login.
"""

from signalbox.settings import Settings


def record_addresses(settings: Settings) -> dict[str, str]:
    """Return where people open the records of each org; an org whose address is not known is not there."""
    return {name: address for name, org in settings.orgs.items() if (address := org.record_address)}
