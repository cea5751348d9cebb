// Drives a simulated org by nforce, and prints what each step got as one JSON object.
// In: address, client ID and secret as arguments. Rule of this file: it reports and judges nothing; the tests judge.
"use strict";

const nforce = require("nforce");
const [, , url, clientId, clientSecret] = process.argv;
const org = nforce.createConnection({
  clientId,
  clientSecret,
  redirectUri: "http://127.0.0.1/none",
  environment: "production",
  loginUri: `${url}/services/oauth2/token`,
  apiVersion: "v45.0",
  mode: "single",
});
const lead = nforce.createSObject("lead");

const steps = {
  async login() {
    return Object.keys(await org.authenticate({ username: "integration@example.com", password: "simulated-password" }));
  },
  async create() {
    lead.set("lastname", "Lee");
    lead.set("company", "Real AG");
    return org.insert({ sobject: lead });
  },
  async read() {
    return (await org.getRecord({ type: "Lead", id: lead.getId() })).get("lastname");
  },
  async change() {
    lead.set("title", "CFO");
    await org.update({ sobject: lead });
    const found = await org.query({ query: "SELECT Id, Title FROM Lead" });
    return [found.totalSize, found.records[0].get("title")];
  },
  async upsert() {
    const account = nforce.createSObject("Account", { Name: "One" });
    account.setExternalId("Signalbox_Key__c", "a b");
    return org.upsert({ sobject: account });
  },
  async describe() {
    return (await org.getDescribe({ type: "Lead" })).fields.length;
  },
  async limits() {
    return (await org.getLimits()).DailyApiRequests.Max;
  },
  async wrong() {
    return org.query({ query: "SELECT Nope FROM Lead" });
  },
  async remove() {
    await org.delete({ sobject: lead });
    return (await org.query({ query: "SELECT Id FROM Lead" })).totalSize;
  },
};

(async () => {
  const seen = {};
  for (const [name, step] of Object.entries(steps)) {
    try {
      seen[name] = await step();
    } catch (error) {
      seen[name] = { code: error.errorCode ?? null, status: error.statusCode ?? null, message: error.message };
    }
  }
  console.log(JSON.stringify(seen));
})();
