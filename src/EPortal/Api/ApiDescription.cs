using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace EPortal.Api;

/// <summary>
/// The API's description of itself (OpenAPI 3.1), and a page to try it; both are served from here alone.
/// </summary>
internal static class ApiDescription
{
    private const string Document = "openapi";
    private const string Basic = "basic";
    private const string Key = "key";
    private const string Json = "application/json";

    /// <summary>What the calls of each subject are about.</summary>
    private static readonly Dictionary<string, string> s_subjects = new(StringComparer.Ordinal)
    {
        ["servers"] = "Hosts that registered.",
        ["keys"] = "Registration keys.",
        ["feeds"] = "Tracks of deployed patchsets.",
        ["patchsets"] = "Patchsets and what feeds offer.",
        ["source"] = "Where patchsets come from.",
        ["replication"] = "Other portals that this one replicates with.",
        ["users"] = "Accounts of this portal.",
        ["api-keys"] = "Keys that programs log in with.",
        ["sessions"] = "Who is logged in.",
        ["ldap"] = "The LDAP directory.",
        ["user-log"] = "Who changed what.",
        ["monitoring by key"] = "Reports for monitoring, by registration key.",
    };

    /// <summary>Adds what makes it.</summary>
    public static void AddApiDescription(this IServiceCollection services, string keyHeader) =>
        services.AddOpenApi(
            Document,
            options =>
            {
                options.ShouldInclude = description =>
                    description.HttpMethod != HttpMethods.Head
                    && description.ActionDescriptor.EndpointMetadata.OfType<ApiCall>().Any();
                options.AddDocumentTransformer(
                    (document, _, _) =>
                    {
                        document.Info = new OpenApiInfo
                        {
                            Title = "ePortal",
                            Version = typeof(ApiDescription).Assembly.GetName().Version?.ToString(3),
                            Description =
                                "Send parameters in the query string, a form or a JSON body; repeat a name for a list.",
                            License = new OpenApiLicense { Name = "Apache License 2.0", Identifier = "Apache-2.0" },
                        };
                        // Wherever the page was loaded from; never a name that a request made up.
                        document.Servers = [new OpenApiServer { Url = "/" }];
                        document.Components ??= new OpenApiComponents();
                        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
                        {
                            [Basic] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "basic" },
                            [Key] = new OpenApiSecurityScheme
                            {
                                Type = SecuritySchemeType.ApiKey,
                                In = ParameterLocation.Header,
                                Name = keyHeader,
                            },
                        };
                        foreach (var tag in document.Tags ?? new HashSet<OpenApiTag>())
                            tag.Description = s_subjects[tag.Name!];
                        return Task.CompletedTask;
                    }
                );
                options.AddOperationTransformer(
                    (operation, context, _) =>
                    {
                        var call = context.Description.ActionDescriptor.EndpointMetadata.OfType<ApiCall>().First();
                        operation.Summary = call.Summary;
                        operation.OperationId = IdOf(
                            context.Description.HttpMethod!,
                            context.Description.RelativePath!
                        );
                        if (context.Description.HttpMethod == HttpMethods.Post)
                            operation.RequestBody = Body(call);
                        else
                            operation.Parameters = [.. operation.Parameters ?? [], .. call.Parameters.Select(InQuery)];
                        if (
                            context
                                .Description.ActionDescriptor.EndpointMetadata.OfType<AnswersText>()
                                .FirstOrDefault() is
                            { } text
                        )
                            operation.Responses?["200"].Content?.Add(
                                text.Type,
                                new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } }
                            );
                        operation.Responses?.Add(
                            "4XX",
                            Refusal("Refused: a code for programs and a sentence for people")
                        );
                        operation.Responses?.Add(
                            "default",
                            Refusal("Failed: a code for programs and a sentence for people")
                        );
                        SayWhoMay(operation, call.Role, context.Document);
                        return Task.CompletedTask;
                    }
                );
            }
        );

    /// <summary>Maps <c>/admin/api/openapi.json</c> and the page at <c>/admin/api/docs</c>.</summary>
    public static void MapApiDescription(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi(ApiRoutes.Base + "/{documentName}.json");
        routes.MapScalarApiReference(
            ApiRoutes.Base + "/docs",
            options =>
                options
                    .WithTitle("ePortal API")
                    .WithOpenApiRoutePattern(ApiRoutes.Base + "/openapi.json")
                    .DisableDefaultFonts()
                    .DisableTelemetry()
                    .DisableAgent()
                    .DisableMcp()
                    .HideDeveloperTools()
                    .HideClientButton()
                    .WithNonce()
        );
    }

    /// <summary>
    /// What the page to try the API adds to the policy of pages; null for every other answer. It makes its styles
    /// itself, so those may be inline there; its script carries a number made for this answer alone.
    /// </summary>
    public static string? PolicyOrNull(HttpContext context) =>
        context.Items[ScalarOptions.NonceHttpContextItemKey] is string nonce
            ? $"script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'"
            : null;

    private static OpenApiParameter InQuery(ApiParameter parameter) =>
        new()
        {
            Name = parameter.Name,
            In = ParameterLocation.Query,
            Description = parameter.Description,
            Required = parameter.Required,
            Schema = SchemaOf(parameter),
        };

    /// <summary>
    /// Where programs and the page to try it should put them: addresses get into logs, and among these are passwords.
    /// </summary>
    private static OpenApiRequestBody? Body(ApiCall call)
    {
        if (call.Parameters.Count == 0)
            return null;
        var schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = call.Parameters.ToDictionary(
                parameter => parameter.Name,
                IOpenApiSchema (parameter) => SchemaOf(parameter)
            ),
            Required = call
                .Parameters.Where(parameter => parameter.Required)
                .Select(parameter => parameter.Name)
                .ToHashSet(StringComparer.Ordinal),
        };
        return new OpenApiRequestBody
        {
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/x-www-form-urlencoded"] = new() { Schema = schema },
                [Json] = new() { Schema = schema },
            },
        };
    }

    private static OpenApiSchema SchemaOf(ApiParameter parameter) =>
        !parameter.Repeatable
            ? new OpenApiSchema { Type = TypeOf(parameter.Type), Description = parameter.Description }
            : new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = new OpenApiSchema { Type = TypeOf(parameter.Type) },
                Description = parameter.Description,
            };

    /// <summary>
    /// Method and path as one word, such as <c>postPatchsetsManage</c>: the same as long as the call has its address.
    /// </summary>
    private static string IdOf(string method, string path) =>
        method.ToLowerInvariant()
        + string.Concat(
            path[(ApiRoutes.Base.Length - 1)..]
                .Split(['/', '-', '_', '.', '{'], StringSplitOptions.RemoveEmptyEntries)
                .Select(word => word.EndsWith('}') ? $"By{Capital(word.TrimEnd('}', '?'))}" : Capital(word))
        );

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    private static OpenApiResponse Refusal(string description) =>
        new()
        {
            Description = description,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                [Json] = new()
                {
                    Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Object,
                        Required = new HashSet<string>(["error", "message"], StringComparer.Ordinal),
                        Properties = new Dictionary<string, IOpenApiSchema>
                        {
                            ["error"] = new OpenApiSchema { Type = JsonSchemaType.String },
                            ["message"] = new OpenApiSchema { Type = JsonSchemaType.String },
                        },
                    },
                },
            },
        };

    private static void SayWhoMay(OpenApiOperation operation, ApiRole role, OpenApiDocument? document)
    {
        if (role == ApiRole.Open)
        {
            operation.Security = []; // Said, so that nobody has to guess.
            return;
        }

        operation.Description = role == ApiRole.Admin ? "Requires an admin." : "Requires an account.";
        operation.Security =
        [
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Basic, document)] = [] },
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Key, document)] = [] },
        ];
    }

    private static JsonSchemaType TypeOf(string type) =>
        type switch
        {
            "integer" => JsonSchemaType.Integer,
            "boolean" => JsonSchemaType.Boolean,
            _ => JsonSchemaType.String,
        };
}
