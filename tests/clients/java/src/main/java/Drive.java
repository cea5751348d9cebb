// Drives a simulated org by Apache Camel and prints what each step got, one line a step: name, tab, answer or refusal.
// In: address, client ID and secret. Rule of this file: it reports and judges nothing; the tests judge.
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.salesforce.AuthenticationType;
import org.apache.camel.component.salesforce.SalesforceComponent;
import org.apache.camel.component.salesforce.SalesforceLoginConfig;
import org.apache.camel.impl.DefaultCamelContext;

public class Drive {
  private static final String RAW = "rawPayload=true&apiVersion=60.0";

  public static void main(String[] given) throws Exception {
    SalesforceLoginConfig login = new SalesforceLoginConfig();
    login.setLoginUrl(given[0]);
    login.setClientId(given[1]);
    login.setClientSecret(given[2]);
    login.setType(AuthenticationType.CLIENT_CREDENTIALS);
    SalesforceComponent salesforce = new SalesforceComponent();
    salesforce.setLoginConfig(login);
    DefaultCamelContext context = new DefaultCamelContext();
    context.addComponent("salesforce", salesforce);
    context.start();
    ProducerTemplate ask = context.createProducerTemplate();
    Map<String, Callable<String>> steps = new LinkedHashMap<>();
    String lead = "{\"LastName\":\"Lee\",\"Company\":\"Real AG\"}";
    steps.put("create", () -> ask.requestBody("salesforce:createSObject?sObjectName=Lead&" + RAW, lead, String.class));
    steps.put("query", () -> ask.requestBody("salesforce:query?" + RAW, "SELECT Id, Name FROM Lead", String.class));
    steps.put("describe", () -> ask.requestBody("salesforce:getDescription?sObjectName=Lead&" + RAW, null, String.class));
    steps.put("search", () -> ask.requestBody("salesforce:search?" + RAW, "FIND {Lee} RETURNING Lead(Id)", String.class));
    String key = "salesforce:upsertSObject?sObjectName=Account&sObjectIdName=Signalbox_Key__c&";
    steps.put("upsert", () -> ask.requestBodyAndHeader(key + RAW, "{\"Name\":\"One\"}", "sObjectIdValue", "a", String.class));
    steps.put("wrong", () -> ask.requestBody("salesforce:query?" + RAW, "SELECT Nope FROM Lead", String.class));
    for (Map.Entry<String, Callable<String>> step : steps.entrySet()) {
      System.out.println(step.getKey() + "\t" + answer(step.getValue()).replace("\n", " "));
    }
    context.stop();
    System.exit(0);
  }

  private static String answer(Callable<String> step) {
    try {
      return step.call();
    } catch (Exception error) {
      Throwable cause = error;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      return String.valueOf(cause.getMessage());
    }
  }
}
