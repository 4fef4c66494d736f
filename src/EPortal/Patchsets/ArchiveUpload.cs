using System.Text;
using EPortal.Blobs;
using EPortal.Data;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace EPortal.Patchsets;

/// <summary>
/// A form with an archive, read as a stream: its fields first, then the file, which is never kept in memory. Fields
/// after the file are not read.
/// </summary>
/// <param name="Fields">Fields by name.</param>
/// <param name="Archive">The file, to be read to its end once.</param>
internal sealed record ArchiveUpload(IReadOnlyDictionary<string, string> Fields, Stream Archive)
{
    /// <summary>Most bytes of a form besides its file.</summary>
    public const int MaxFormBytes = 64 * 1024;

    private const int MaxFields = 10;
    private const int MaxFieldBytes = 1024;
    private const int MaxBoundary = 70; // RFC 2046, 5.1.1

    /// <summary>Reads up to the beginning of the file.</summary>
    /// <exception cref="RefusedException">It is no such form, or has no file.</exception>
    public static async Task<ArchiveUpload> Begin(HttpRequest request, CancellationToken cancel)
    {
        var boundary =
            MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
                ? HeaderUtilities.RemoveQuotes(type.Boundary)
                : default;
        if (boundary.Length is 0 or > MaxBoundary)
            throw Refused("upload the archive as multipart/form-data");
        var reader = new MultipartReader(boundary.ToString(), new UploadStream(request.Body));
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            while (await reader.ReadNextSectionAsync(cancel) is { } section)
            {
                if (section.AsFileSection() is { FileStream: { } archive, FileName: var name })
                    return name.Length > 0 ? new ArchiveUpload(fields, new UploadStream(archive)) : throw NoFile();
                if (section.AsFormDataSection() is not { } field || fields.Count == MaxFields)
                    throw Refused("malformed upload form");
                fields[field.Name] = await Text(section.Body, cancel);
            }
        }
        catch (InvalidDataException)
        {
            throw Refused("malformed upload form");
        }

        throw NoFile();
    }

    private static async Task<string> Text(Stream body, CancellationToken cancel)
    {
        var bytes = new byte[MaxFieldBytes + 1];
        var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel);
        return length <= MaxFieldBytes
            ? Encoding.UTF8.GetString(bytes, 0, length)
            : throw Refused("a form field is too long");
    }

    private static RefusedException NoFile() => Refused("choose an archive file");

    private static RefusedException Refused(string message) => new(Refusal.Invalid, message);

    /// <summary>A failure while reading is the sender's, not the disk's.</summary>
    private sealed class UploadStream(Stream inner) : ForwardStream
    {
        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            try
            {
                return await inner.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception e) when (e is IOException and not BadHttpRequestException or InvalidDataException)
            {
                throw Refused("the upload was cut off");
            }
        }
    }
}
