using System; using System.Threading.Tasks;
namespace Vantage.Kernels;
#pragma warning disable
public sealed class ViewEngine : IViewEngine { public string Name => "tmp"; public static IViewEngine Best() => new ViewEngine();
 public void Render(ReadOnlyMemory<Image> images, ReadOnlyMemory<Step> steps, int slots, ViewShape shape, Memory<float> destination, int threads) {
  void One(int i){ var im=images.Span[i]; int C=im.Channels,H=im.Height,W=im.Width; float t=0,l=0,ch=H,cw=W; bool flip=false; var d=destination.Span.Slice(i*shape.Length,shape.Length); var s=steps.Span.Slice(i*slots,slots);
   foreach(var st in s){ if(st.Operation==Operation.Crop){t=st.A;l=st.B;ch=st.C;cw=st.D;} if(st.Operation==Operation.FlipHorizontal) flip=true; }
   var src=im.Span; for(int c=0;c<C;c++) for(int y=0;y<shape.Height;y++) for(int x=0;x<shape.Width;x++){ int xx=flip?shape.Width-1-x:x; float sy=(y+.5f)*ch/shape.Height-.5f, sx=(xx+.5f)*cw/shape.Width-.5f; int y0=(int)MathF.Floor(sy),x0=(int)MathF.Floor(sx); float fy=sy-y0,fx=sx-x0; int ya=Math.Clamp(y0,0,(int)ch-1),yb=Math.Clamp(y0+1,0,(int)ch-1),xa=Math.Clamp(x0,0,(int)cw-1),xb=Math.Clamp(x0+1,0,(int)cw-1);
     float P(ReadOnlySpan<byte> q,int yy,int xq)=>q[(c*H+(int)t+yy)*W+(int)l+xq]/255f; d[(c*shape.Height+y)*shape.Width+x]=(P(src,ya,xa)*(1-fx)+P(src,ya,xb)*fx)*(1-fy)+(P(src,yb,xa)*(1-fx)+P(src,yb,xb)*fx)*fy; }
   foreach(var st in s){ if(st.Operation==Operation.Brightness) for(int k=0;k<d.Length;k++) d[k]=Math.Clamp(d[k]*st.A,0,1); if(st.Operation==Operation.Contrast){ float m=0; for(int k=0;k<d.Length;k++) m+=d[k]; m/=d.Length; for(int k=0;k<d.Length;k++) d[k]=Math.Clamp(d[k]*st.A+(1-st.A)*m,0,1);} }
   int a=shape.Height*shape.Width; for(int k=0;k<d.Length;k++) d[k]=(d[k]-shape.Mean[k/a])/shape.Deviation[k/a]; }
  if(threads<=1) for(int i=0;i<images.Length;i++) One(i); else Parallel.For(0,images.Length,One); } }
