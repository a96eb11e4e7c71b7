import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  DomainName,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { RemovalPolicy } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import type { CatalogEntry } from "../../functions/catalog.ts";
import { acknowledge } from "./acknowledge.ts";
import type { Functions } from "./functions.ts";
import type { Settings } from "./settings.ts";

/**
 * A line of the access log. The route, not the path: in the path of Quay's notifications stands a secret, and in the
 * query of personal links their token.
 */
const accessLog = {
  time: "$context.requestTime",
  request: "$context.requestId",
  route: "$context.routeKey",
  status: "$context.status",
  milliseconds: "$context.responseLatency",
  bytes: "$context.responseLength",
  from: "$context.identity.sourceIp",
  error: "$context.integrationErrorMessage",
};

/** Requests a second that are let through to the functions, on average and at once. */
const throttle = { rateLimit: 20, burstLimit: 50 };

/** The HTTP API itself. Its routes come later (`connect`): the functions get its address in their environment. */
export class WebApi extends Construct {
  readonly api: HttpApi;
  /** Where people and webhooks reach it, without a slash at the end. */
  readonly url: string;
  /** Where a DNS record for the own host name has to point. */
  readonly dnsTarget: string | undefined;

  constructor(scope: Construct, id: string, { name, domainName, certificateArn }: Settings) {
    super(scope, id);
    const ownDomain = domainName && certificateArn ? newDomain(this, domainName, certificateArn) : undefined;
    this.api = new HttpApi(this, "Api", {
      apiName: name,
      description: "Stablehand's webhooks and pages.",
      createDefaultStage: false,
      disableExecuteApiEndpoint: ownDomain !== undefined,
    });
    new HttpStage(this, "Stage", {
      httpApi: this.api,
      stageName: "$default",
      autoDeploy: true,
      throttle,
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, "AccessLog", {
            logGroupName: `/aws/vendedlogs/apigateway/${name}`,
            retention: RetentionDays.ONE_MONTH,
            removalPolicy: RemovalPolicy.DESTROY,
          }),
        ),
        format: AccessLogFormat.custom(JSON.stringify(accessLog)),
      },
      ...(ownDomain ? { domainMapping: { domainName: ownDomain } } : {}),
    });
    this.url = ownDomain ? `https://${domainName}` : this.api.apiEndpoint;
    this.dnsTarget = ownDomain?.regionalDomainName;
  }

  /** Sends each route of the catalog to its function. */
  connect(catalog: Record<string, CatalogEntry>, functions: Functions): void {
    for (const [name, { routes = [] }] of Object.entries(catalog)) {
      const integration = new HttpLambdaIntegration(`To${name}`, functions.named(name));
      for (const route of routes) this.addRoute(route, integration);
    }
  }

  private addRoute(key: string, integration: HttpLambdaIntegration): void {
    const [method, path] = key.split(" ", 2);
    if (!path || !Object.hasOwn(HttpMethod, method ?? "")) throw new Error(`${key} is no route.`);
    const route = new HttpRoute(this, key.replaceAll(/[/{}]/g, "-"), {
      httpApi: this.api,
      routeKey: HttpRouteKey.with(path, method as HttpMethod),
      integration,
    });
    acknowledge(route, {
      "AwsSolutions-APIG4":
        "Webhooks prove themselves by their signature or secret, pages by a signed personal link: functions/http checks both.",
    });
  }
}

function newDomain(scope: Construct, domainName: string, certificateArn: string): DomainName {
  return new DomainName(scope, "Domain", {
    domainName,
    certificate: Certificate.fromCertificateArn(scope, "Certificate", certificateArn),
  });
}
