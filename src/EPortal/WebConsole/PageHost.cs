using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace EPortal.WebConsole;

/// <summary>
/// Gives a page what it shows, as a cascading value: the classes of pages are public whatever one does, and their
/// parameters would have to be, while what they show is this program's own.
/// </summary>
/// <typeparam name="TPage">The page, with a <c>[CascadingParameter]</c> of the model's type.</typeparam>
/// <typeparam name="TModel">What it shows.</typeparam>
internal sealed class PageHost<TPage, TModel> : ComponentBase
    where TPage : IComponent
{
    /// <summary>What the page shows.</summary>
    [Parameter, EditorRequired]
    public required TModel Model { get; set; }

    /// <inheritdoc/>
    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        builder.OpenComponent<CascadingValue<TModel>>(0);
        builder.AddComponentParameter(1, nameof(CascadingValue<>.Value), Model);
        builder.AddComponentParameter(2, nameof(CascadingValue<>.IsFixed), true);
        builder.AddComponentParameter(
            3,
            nameof(CascadingValue<>.ChildContent),
            (RenderFragment)(
                content =>
                {
                    content.OpenComponent<TPage>(0);
                    content.CloseComponent();
                }
            )
        );
        builder.CloseComponent();
    }
}
