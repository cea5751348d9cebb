"""
Noun: standard objects of every org that the simulator does not have.

In: a name.  Out: whether an org would know it.
Rule of this file: a list; such an object is refused by its name with HTTP 501, where a name that no org knows gets the
org's own refusal.
Source: Object Reference, standard objects.
"""

_NAMES = """
AccountContactRelation AccountContactRole AccountTeamMember AggregateResult ApexClass ApexTrigger Approval Asset
AssetRelationship AssignmentRule AsyncApexJob Attachment AuthSession BusinessHours BusinessProcess CallCenter
CampaignInfluence CaseComment CaseContactRole CaseTeamMember CollaborationGroup ContactPointAddress ContactPointEmail
ContactPointPhone ContentDocument ContentDocumentLink ContentNote ContentVersion Contract ContractContactRole
CronTrigger CustomPermission Dashboard DatedConversionRate Document DuplicateRecordItem
DuplicateRecordSet DuplicateRule EmailMessage EmailMessageRelation EmailTemplate Entitlement EntityDefinition
EventRelation FeedComment FeedItem FieldDefinition FieldPermissions FiscalYearSettings Folder GroupMember Holiday Idea
Individual KnowledgeArticle LeadHistory ListEmail ListView LoginHistory MatchingRule Name Note ObjectPermissions
OpportunityCompetitor OpportunityContactRoleHistory OpportunityFieldHistory OpportunityHistory OpportunityLineItem
OpportunityPartner OpportunitySplit OpportunityTeamMember Order OrderItem OrgWideEmailAddress Partner PermissionSet
PermissionSetAssignment PermissionSetGroup PermissionSetLicense PermissionSetLicenseAssign Period Pricebook2
PricebookEntry ProcessInstance ProcessInstanceStep ProcessInstanceWorkitem Publisher QueueSobject Question Quote
QuoteLineItem RecentlyViewed Report ServiceAppointment ServiceContract ServiceResource SetupAuditTrail SocialPersona
Solution StaticResource TaskRelation TaskWhoRelation Territory2 Topic TopicAssignment UserLicense UserLogin
UserPreference UserRecordAccess Vote WorkOrder
"""
NOT_DONE = {name.lower(): name for name in _NAMES.split()}


def not_done_object(name: str) -> str | None:
    """Return the name of a standard object that is not done, as Salesforce writes it; None for any other."""
    return NOT_DONE.get(name.lower())
