"""Turns what `sam build` made into what ministack understands: python for_ministack.py TEMPLATE ENDPOINT NAME > OUTPUT

ministack is an independent emulator of AWS. Of this system's templates it lacks three things, and no others are touched:

- It has no `AWS::ApiGatewayV2::RouteResponse`. They are left out: it always sends a function's body back.
- It ignores the OpenAPI `Body` in which SAM describes an HTTP API. So SAM's own translator makes the Body here, and each
  path in it becomes the route, the integration and the authorizer that API Gateway would make of it.
- It has no alarms on more than one metric. They are left out.

And its WebSocket APIs are found by path, since functions push there: `ws://127.0.0.1:PORT/_aws/execute-api/API/STAGE`.
"""

import json
import os
import re
import sys
from types import SimpleNamespace

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

# The methods of a path in an OpenAPI document; whatever else is there describes the path.
METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}


def translated(template):
    """What CloudFormation sees after SAM, but with each function's code still where `sam build` put it."""
    code = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            code[name] = resource["Properties"]["CodeUri"]
            # The translator takes nothing else; `sam deploy` uploads the folder.
            resource["Properties"]["CodeUri"] = f"s3://local/{name}"
    template = transform(template, {}, SimpleNamespace(load=dict))
    for name, folder in code.items():
        template["Resources"][name]["Properties"]["Code"] = folder
    return template


def expanded(api, body):
    """The resources that API Gateway makes of an OpenAPI document."""
    resources = {}

    def add(name, kind, **properties):
        resources[name] = {"Type": f"AWS::ApiGatewayV2::{kind}", "Properties": {"ApiId": {"Ref": api}, **properties}}

    for scheme, declared in body["components"]["securitySchemes"].items():
        authorizer = declared["x-amazon-apigateway-authorizer"]
        add(
            f"{api}{scheme}",
            "Authorizer",
            Name=scheme,
            AuthorizerType=authorizer["type"].upper(),
            AuthorizerUri=authorizer["authorizerUri"],
            AuthorizerPayloadFormatVersion=authorizer["authorizerPayloadFormatVersion"],
            EnableSimpleResponses=authorizer["enableSimpleResponses"],
            AuthorizerResultTtlInSeconds=authorizer["authorizerResultTtlInSeconds"],
            IdentitySource=authorizer["identitySource"],
        )
    for path, methods in body["paths"].items():
        for method in METHODS & methods.keys():
            operation = methods[method]
            name = api + re.sub("[^A-Za-z]", "", path.title()) + method.title()
            integration = operation["x-amazon-apigateway-integration"]
            add(
                f"{name}Integration",
                "Integration",
                IntegrationType=integration["type"].upper(),
                IntegrationMethod=integration["httpMethod"],
                IntegrationUri=integration["uri"],
                PayloadFormatVersion=integration["payloadFormatVersion"],
            )
            guards = [guard for guards in operation.get("security", []) for guard in guards if guard != "NONE"]
            guard = {"AuthorizationType": "CUSTOM", "AuthorizerId": {"Ref": f"{api}{guards[0]}"}} if guards else {}
            target = {"Fn::Sub": f"integrations/${{{name}Integration}}"}
            add(f"{name}Route", "Route", RouteKey=f"{method.upper()} {path}", Target=target, **guard)
    return resources


def without_metric_math(path, name):
    """Writes what is left of a part of the stack beside it, in a file of that name; the path of that."""
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    resources = template["Resources"]
    template["Resources"] = {key: it for key, it in resources.items() if "Metrics" not in it.get("Properties", {})}
    path = os.path.join(os.path.dirname(path), f"{name}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(template, file)
    return path


def main(path, endpoint, stack):
    with open(path, encoding="utf-8") as file:
        template = translated(yaml_parse(file.read()))
    resources = template["Resources"]
    for name, resource in list(resources.items()):
        if resource["Type"] == "AWS::ApiGatewayV2::RouteResponse":
            del resources[name]
        if resource["Type"] == "AWS::ApiGatewayV2::Api" and "Body" in resource["Properties"]:
            body = resource["Properties"].pop("Body")
            resource["Properties"].update(Name=name, ProtocolType="HTTP")
            if cors := body.get("x-amazon-apigateway-cors"):
                # It answers by the names of the API, which are those of OpenAPI, not of CloudFormation.
                resource["Properties"]["CorsConfiguration"] = cors
            resources.update(expanded(name, body))
        if resource["Type"] == "AWS::CloudFormation::Stack":
            properties = resource["Properties"]
            part = os.path.join(os.path.dirname(path), properties["TemplateURL"])
            properties["TemplateURL"] = os.path.abspath(without_metric_math(part, stack))
            if "WebSocketOrigin" in properties["Parameters"]:
                properties["Parameters"]["WebSocketOrigin"] = f"ws://{endpoint.split('://')[1]}"
    by_path = f"ws://{endpoint.split('://')[1]}/_aws/execute-api/${{\\1}}"
    print(re.sub(r"\$\{(\w+)\.ApiEndpoint\}", by_path, json.dumps(template, indent=1)))


if __name__ == "__main__":
    main(*sys.argv[1:])
