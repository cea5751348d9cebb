// Drives a simulated org by jsforce, one scenario after the other, and prints what each got as one JSON object.
// In: address, client ID and secret as arguments. Rule of this file: it reports and judges nothing; the tests judge.
"use strict";

const jsforce = require("jsforce");
const [, , loginUrl, clientId, clientSecret] = process.argv;
const LEAD = { LastName: "A", Company: "B" };

async function connect(secret = clientSecret) {
  const conn = new jsforce.Connection({
    version: "65.0",
    loginUrl,
    oauth2: { loginUrl, clientId, clientSecret: secret },
  });
  await conn.authorize({ grant_type: "client_credentials" });
  return conn;
}

async function refused(promise) {
  try {
    return { answered: await promise };
  } catch (error) {
    return { name: error.name, code: error.errorCode ?? null, message: error.message, data: error.data ?? null };
  }
}

const scenarios = {
  async auth(conn) {
    const identity = await conn.identity();
    await conn.query("SELECT Id FROM Lead LIMIT 1");
    return {
      url: conn.instanceUrl,
      user: identity.username,
      organization: identity.organization_id,
      wrong: await refused(connect("wrong")),
      usage: conn.limitInfo.apiUsage,
    };
  },

  async crud(conn) {
    const made = await conn.sobject("Lead").create({ ...LEAD, Email: "a@example.com" });
    const read = await conn.sobject("Lead").retrieve(made.id);
    const changed = await conn.sobject("Lead").update({ Id: made.id, Title: "Head" });
    const after = await conn.sobject("Lead").retrieve(made.id, { fields: ["Id", "Title", "Name"] });
    const gone = await conn.sobject("Lead").destroy(made.id);
    return { made, read, changed, after, gone, missing: await refused(conn.sobject("Lead").retrieve(made.id)) };
  },

  async upsert(conn) {
    const row = { ...LEAD, Signalbox_Key__c: "a b" };
    const first = await conn.sobject("Lead").upsert(row, "Signalbox_Key__c");
    const second = await conn.sobject("Lead").upsert({ ...row, Title: "x" }, "Signalbox_Key__c");
    const contacts = [1, 2].map((n) => ({ LastName: `n${n}`, Email: "same@example.com" }));
    await conn.sobject("Contact").create(contacts);
    const several = await refused(conn.sobject("Contact").upsert({ Email: "same@example.com", Title: "x" }, "Email"));
    return { first, second, several };
  },

  async paging(conn) {
    const records = Array.from({ length: 450 }, (_, n) => ({ LastName: `p${n}` }));
    const made = await conn.sobject("Contact").create(records, { allowRecursive: true });
    const first = await conn.query("SELECT Id FROM Contact WHERE LastName LIKE 'p%'", { headers: { "Sforce-Query-Options": "batchSize=200" } });
    const ids = first.records.map((one) => one.Id);
    const sizes = [first.records.length];
    for (let page = first; !page.done; ) {
      page = await conn.queryMore(page.nextRecordsUrl, { headers: { "Sforce-Query-Options": "batchSize=200" } });
      sizes.push(page.records.length);
      ids.push(...page.records.map((one) => one.Id));
    }
    const seen = [];
    await new Promise((resolve, reject) => {
      conn.query("SELECT Id FROM Contact WHERE LastName LIKE 'p%'").on("record", (one) => seen.push(one.Id))
        .on("end", resolve).on("error", reject).run({ autoFetch: true, maxFetch: 10000 });
    });
    return { made: made.filter((one) => one.success).length, total: first.totalSize, sizes, distinct: new Set(ids).size, streamed: seen.length };
  },

  async soql(conn) {
    const account = await conn.sobject("Account").create({ Name: "Example's" });
    await conn.sobject("Contact").create({ LastName: "Child", AccountId: account.id });
    const found = await conn.sobject("Contact").find({ "Account.Name": "Example's" }, "Id, LastName, Account.Name").execute();
    const nested = await conn.query("SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Name = 'Example\\'s'");
    const count = await conn.sobject("Contact").count({ AccountId: account.id });
    const groups = await conn.query("SELECT COUNT(Id) n, AccountId FROM Contact WHERE AccountId != null GROUP BY AccountId");
    return { found, nested: nested.records, count, groups: groups.records };
  },

  async collections(conn) {
    const made = await conn.sobject("Lead").create([LEAD, { LastName: "without a company" }, { ...LEAD, LastName: "C" }]);
    const none = await conn.sobject("Lead").create([LEAD, { LastName: "x" }], { allOrNone: true });
    const ids = made.filter((one) => one.success).map((one) => one.id);
    const changed = await conn.sobject("Lead").update(ids.map((Id) => ({ Id, Title: "t" })));
    const read = await conn.sobject("Lead").retrieve(ids);
    const upserted = await conn.sobject("Lead").upsert(
      ["u1", "u2"].map((key) => ({ ...LEAD, Signalbox_Key__c: key })), "Signalbox_Key__c");
    const gone = await conn.sobject("Lead").destroy(ids);
    return { made, none, changed, titles: read.map((one) => one.Title), upserted, gone };
  },

  async composite(conn) {
    const base = `/services/data/v${conn.version}`;
    return conn.requestPost(`${base}/composite`, {
      allOrNone: false,
      collateSubrequests: false,
      compositeRequest: [
        { method: "POST", url: `${base}/sobjects/Lead`, referenceId: "lead", body: LEAD },
        { method: "POST", url: `${base}/sobjects/Task`, referenceId: "task", body: { WhoId: "@{lead.id}", Subject: "Call" } },
        { method: "GET", url: `${base}/query?q=SELECT+Subject,Who.Name+FROM+Task+WHERE+Id='@{task.id}'`, referenceId: "rows" },
        { method: "POST", url: `${base}/sobjects/Lead`, referenceId: "bad", body: { LastName: "x" } },
        { method: "PATCH", url: `${base}/sobjects/Lead/@{bad.id}`, referenceId: "after", body: { Title: "x" } },
      ],
    });
  },

  async describe(conn) {
    const [lead, all] = [await conn.sobject("Lead").describe(), await conn.describeGlobal()];
    const required = lead.fields.filter((one) => one.createable && !one.nillable && !one.defaultedOnCreate);
    const limits = await conn.limits();
    return {
      name: lead.name,
      required: required.map((one) => one.name),
      objects: all.sobjects.map((one) => one.name),
      calls: limits.DailyApiRequests,
      versions: (await conn.request("/services/data")).at(-1),
    };
  },

  async changes(conn) {
    const made = await conn.sobject("Account").create([{ Name: "kept" }, { Name: "gone" }]);
    await conn.sobject("Account").destroy(made[1].id);
    const span = [new Date(Date.now() - 3600e3), new Date(Date.now() + 3600e3)];
    const updated = await conn.sobject("Account").updated(...span);
    const deleted = await conn.sobject("Account").deleted(...span);
    const found = await conn.search("FIND {kept} IN NAME FIELDS RETURNING Account(Id, Name)");
    return { kept: made[0].id, gone: made[1].id, updated, deleted, found: found.searchRecords };
  },

  async convert(conn) {
    const made = await conn.sobject("Lead").create([{ ...LEAD, LastName: "V" }, { ...LEAD, LastName: "W" }]);
    const one = await conn.soap.convertLead({ leadId: made[0].id, convertedStatus: "Closed - Converted", doNotCreateOpportunity: true });
    const both = await conn.soap.convertLead(made.map((lead) => ({ leadId: lead.id, convertedStatus: "Closed - Converted" })));
    const lead = await conn.sobject("Lead").retrieve(made[0].id);
    return { one, both, lead, info: await conn.soap.getServerTimestamp(), merge: await refused(conn.soap.merge({})) };
  },

  async bulk(conn) {
    conn.bulk2.pollInterval = 50;
    const input = [{ ...LEAD, Signalbox_Key__c: "b1" }, { LastName: "no company" }, { ...LEAD, Signalbox_Key__c: "b2" }];
    const done = await conn.bulk2.loadAndWaitForResults({ object: "Lead", operation: "insert", input });
    const again = await conn.bulk2.loadAndWaitForResults({
      object: "Lead", operation: "upsert", externalIdFieldName: "Signalbox_Key__c", input: [{ Signalbox_Key__c: "b1", LastName: "Z" }],
    });
    const stream = await conn.bulk2.query("SELECT Id, LastName FROM Lead WHERE Signalbox_Key__c IN ('b1', 'b2')");
    const rows = await stream.toArray();
    return { done, again, rows };
  },

  async errors(conn) {
    return {
      required: await refused(conn.sobject("Lead").create({ LastName: "A" })),
      field: await refused(conn.query("SELECT Nope FROM Lead")),
      statement: await refused(conn.query("SELECT FROM")),
      object: await refused(conn.sobject("Nope__c").create({ Name: "x" })),
      graph: await refused(conn.requestPost(`/services/data/v${conn.version}/composite/graph`, { graphs: [] })),
      apex: await refused(conn.apex.get("/x/")),
      token: await refused(new jsforce.Connection({ instanceUrl: conn.instanceUrl, accessToken: "none", version: "65.0" }).query("SELECT Id FROM Lead")),
    };
  },
};

async function main() {
  const conn = await connect();
  const found = {};
  for (const [name, scenario] of Object.entries(scenarios)) {
    try {
      found[name] = await scenario(conn);
    } catch (error) {
      found[name] = { failed: `${error.name} ${error.errorCode ?? ""}: ${error.message}`, stack: error.stack };
    }
  }
  process.stdout.write(JSON.stringify(found));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
